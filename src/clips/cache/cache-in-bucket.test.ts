import { execFileSync } from 'node:child_process';
import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest';
import { Bucket } from '../../buckets/index.ts';
import { freePort, hasMoto, MotoServer } from '../../buckets/moto-fixture.ts';
import { preprocessingFor } from '../../streams/index.ts';
import { requirement } from '../../support/testing.ts';
import { ClipCache } from './cache.ts';

const hasFfmpeg = requirement('ffmpeg', () => execFileSync('ffmpeg', ['-version']).length > 0);

describe.skipIf(!hasMoto || !hasFfmpeg)('prepared clips in a bucket (needs moto and ffmpeg)', () => {
  let folder: string;
  const server = new MotoServer();
  const films: { path: string }[] = [];
  const preprocessing = { ...preprocessingFor('compact'), shortSide: 96 };
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'affectline-bucket-'));
    await server.start();
    for (const [name, value] of Object.entries(server.environment)) vi.stubEnv(name, value);
    for (const i of [0, 1]) {
      const path = join(folder, `${i}.mp4`);
      const picture = `testsrc2=size=192x128:rate=25:duration=0.${5 + i}`;
      execFileSync('ffmpeg', ['-v', 'error', '-f', 'lavfi', '-i', picture, '-pix_fmt', 'yuv420p', path]);
      films.push({ path });
    }
  });
  afterAll(async () => {
    vi.unstubAllEnvs();
    server.stop();
    await rm(folder, { recursive: true });
  });
  const cacheIn = (name: string, at = 's3://films/project/clips') =>
    new ClipCache(join(folder, name), preprocessing, new Bucket(at));

  test('what one machine prepares is fetched by another, to the byte, and not prepared again', async () => {
    const one = cacheIn('one');
    await one.prepare(films);
    const paths = await Promise.all(films.map((film) => one.pathOf(film)));
    const names = (await readdir(join(folder, 'one'))).filter((name) => name.endsWith('.clip'));
    expect((await server.keys()).toSorted()).toEqual(names.map((name) => `project/clips/${name}`).toSorted());

    const two = cacheIn('two');
    const { segmentCount } = await two.open(films[0]!);
    expect(segmentCount).toBe((await one.open(films[0]!)).segmentCount);
    expect(await readFile(await two.pathOf(films[0]!))).toEqual(await readFile(paths[0]!));
    // what it could not have prepared itself
    const body = 'fetched';
    await server.put(`project/clips/${basename(paths[1]!)}`, body);
    await two.prepare(films);
    expect(await readFile(await two.pathOf(films[1]!), 'utf8')).toBe(body);
    expect((await readdir(join(folder, 'two'))).filter((name) => name.endsWith('.tmp'))).toEqual([]);
  });

  test('clips that were prepared without the bucket are put there, and those that are there stay', async () => {
    const local = new ClipCache(join(folder, 'local'), preprocessing);
    await local.prepare(films);
    const before = await cacheIn('other', 's3://films/second')
      .open(films[0]!)
      .catch((error) => error);
    expect(before.message).toContain('.clip');
    await cacheIn('local', 's3://films/second').prepare(films);
    expect((await server.keys()).filter((key) => key.startsWith('second/'))).toHaveLength(2);
    const bucket = new Bucket('s3://films/second');
    const [key] = (await server.keys()).filter((name) => name.startsWith('second/'));
    await writeFile(join(folder, 'different'), 'different');
    await bucket.put(key!.slice('second/'.length), join(folder, 'different'));
    expect(await bucket.fetch(key!.slice('second/'.length), join(folder, 'fetched'))).toBe(true);
    expect((await readFile(join(folder, 'fetched'))).length).toBeGreaterThan(1000);
  });

  test('a bucket that is not there, and a server that is not there, are told with bucket and key', async () => {
    const nowhere = cacheIn('nowhere', 's3://nowhere/clips');
    const told =
      /^s3:\/\/nowhere\/clips\/[0-9a-f]{32}\.clip cannot be fetched: the server answered 404 \(NoSuchBucket, /;
    await expect(nowhere.prepare(films)).rejects.toThrow(told);
    vi.stubEnv('AWS_ENDPOINT_URL_S3', `http://127.0.0.1:${await freePort()}`);
    const bucket = new Bucket('s3://films/clips');
    vi.stubEnv('AWS_ENDPOINT_URL_S3', server.address);
    const stop = new AbortController();
    const fetching = bucket.fetch('a.clip', join(folder, 'a.clip'), stop.signal);
    setTimeout(() => stop.abort(new Error('enough')), 500);
    await expect(fetching).rejects.toThrow('enough');
    await expect(bucket.fetch('a.clip', join(folder, 'a.clip'))).rejects.toMatchObject({
      code: 'busy',
      message: expect.stringMatching(
        /^s3:\/\/films\/clips\/a\.clip: http:\S+ cannot be reached \(.*ECONNREFUSED/,
      ),
    });
  });
});
