import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { createServer, request } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest';
import { ownerText, thisProcess } from '../support/owner.ts';
import { Bucket } from './bucket.ts';
import { fetchFolder, putFolder, removeOthers } from './folder.ts';
import { lockInBucket } from './lock.ts';
import { hasMoto, MotoServer } from './moto-fixture.ts';

test('what is no address of a bucket, or has no keys, is refused', () => {
  vi.stubEnv('AWS_ACCESS_KEY_ID', '');
  for (const address of ['s3://', 's3://A/b', 's3://bucket/a b', 's3://bucket/..?x'])
    expect(() => new Bucket(address)).toThrow(`${address}: s3://bucket/prefix expected`);
  expect(() => new Bucket('s3://bucket/clips')).toThrow(
    'AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY have to',
  );
  vi.unstubAllEnvs();
});

/** A server before another one, which does something of its own with some requests; all others it hands on. */
async function before(
  address: string,
  own: (method: string, path: string) => 'hand on' | 'lose the answer' | 'cut off' | 'no conditions',
) {
  const server = createServer((incoming, outgoing) => {
    const what = own(incoming.method!, incoming.url!);
    const { method, url } = incoming;
    const headers = { ...incoming.headers };
    if (what === 'no conditions') {
      delete headers['if-none-match'];
      delete headers['if-match'];
    }
    const onward = request(new URL(url!, address), { method, headers }, (answer) => {
      if (what === 'lose the answer') {
        answer.resume().once('end', () => incoming.socket.destroy());
        return;
      }
      outgoing.writeHead(answer.statusCode!, answer.headers);
      answer.pipe(outgoing);
    });
    if (what === 'cut off')
      incoming.once('data', (part) => {
        onward.on('error', () => {}).write(part, () => onward.destroy());
        incoming.socket.destroy();
      });
    else incoming.pipe(onward);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  return { server, address: `http://127.0.0.1:${port}` };
}

describe.skipIf(!hasMoto)('a bucket (needs moto)', () => {
  const server = new MotoServer();
  let folder: string;
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'affectline-buckets-'));
    await server.start();
    for (const [name, value] of Object.entries(server.environment)) vi.stubEnv(name, value);
  });
  afterAll(async () => {
    vi.unstubAllEnvs();
    server.stop();
    await rm(folder, { recursive: true });
  });
  const through = (address: string, place: string) => {
    vi.stubEnv('AWS_ENDPOINT_URL_S3', address);
    const bucket = new Bucket(place);
    vi.stubEnv('AWS_ENDPOINT_URL_S3', server.address);
    return bucket;
  };

  test('a text is written under conditions, and read with its tag', async () => {
    const bucket = new Bucket('s3://films/texts');
    await bucket.checkConditions();
    expect(await bucket.list('')).toEqual([]);
    expect(await bucket.read('a+b/ü 1.txt')).toBeUndefined();
    const tag = (await bucket.write('a+b/ü 1.txt', 'one', 'absent'))!;
    expect(await bucket.write('a+b/ü 1.txt', 'two', 'absent')).toBeUndefined();
    expect(await bucket.read('a+b/ü 1.txt')).toMatchObject({ text: 'one', tag });
    const next = (await bucket.write('a+b/ü 1.txt', 'two', { tag }))!;
    expect(next).not.toBe(tag);
    expect(await bucket.write('a+b/ü 1.txt', 'three', { tag })).toBeUndefined();
    expect(await bucket.write('nowhere', 'three', { tag })).toBeUndefined();
    expect(await server.keys()).toContain('texts/a+b/ü 1.txt');
    expect(await bucket.list('a+b')).toEqual([{ name: 'ü 1.txt', tag: next.replaceAll('"', '') }]);
    await bucket.remove('a+b/ü 1.txt');
    await bucket.remove('a+b/ü 1.txt');
    expect(await bucket.list('')).toEqual([]);
  });

  test('more than a thousand files are listed', async () => {
    const bucket = new Bucket('s3://films/many');
    for (let i = 0; i < 1100; i += 50)
      await Promise.all(Array.from({ length: 50 }, (_, k) => server.put(`many/${i + k}`, '')));
    expect(new Set((await bucket.list('')).map(({ name }) => name)).size).toBe(1100);
  });

  test('a server that looks at no conditions is refused', async () => {
    const careless = await before(server.address, () => 'no conditions');
    const bucket = through(careless.address, 's3://films/careless');
    await expect(bucket.checkConditions()).rejects.toThrow(
      's3://films/careless: its server does not keep to conditions of writing (If-None-Match, If-Match)',
    );
    expect(await new Bucket('s3://films/careless').list('')).toEqual([]);
    careless.server.close();
  });

  test('keys that are refused are told', async () => {
    const strict = new MotoServer();
    // the first request makes the bucket, and those after it are looked at
    await strict.start({ INITIAL_NO_AUTH_ACTION_COUNT: '1' });
    await expect(through(strict.address, 's3://films/runs').checkConditions()).rejects.toThrow(
      /^s3:\/\/films\/runs\/\.locks\/probe-[0-9a-f]+ cannot be put: the server answered 403 \(InvalidAccessKeyId/,
    );
    strict.stop();
    await expect(new Bucket('s3://nowhere/runs').checkConditions()).rejects.toThrow(
      /^s3:\/\/nowhere\/runs\S+ cannot be put: the server answered 404 \(NoSuchBucket/,
    );
  });

  test('folders hold the same: only what changed is put, marks last, and what is gone is removed', async () => {
    const asked: string[] = [];
    const watched = await before(server.address, (method, path) => {
      if (method !== 'GET') asked.push(`${method} ${path}`);
      return 'hand on';
    });
    const bucket = through(watched.address, 's3://films/mirror');
    const here = join(folder, 'here');
    await mkdir(join(here, 'last'), { recursive: true });
    for (const name of ['z', 'last/mark', 'last/a', '.hidden']) await writeFile(join(here, name), name);
    const mirrored = { bucket, name: 'run', folder: here };
    const marks = { last: ['last/mark'] };
    await putFolder(mirrored, marks);
    expect(asked.splice(0)).toEqual(
      ['last/a', 'z', 'last/mark'].map((name) => `PUT /films/mirror/run/${name}`),
    );
    await rm(join(here, 'last/a'));
    await writeFile(join(here, 'last/b'), 'b');
    await writeFile(join(here, 'last/mark'), 'b now');
    await putFolder(mirrored, marks);
    await removeOthers(mirrored);
    expect(asked.splice(0)).toEqual([
      'PUT /films/mirror/run/last/b',
      'PUT /films/mirror/run/last/mark',
      'DELETE /films/mirror/run/last/a',
    ]);
    const there = join(folder, 'there');
    await fetchFolder({ bucket, name: 'run', folder: there });
    expect((await readdir(there, { recursive: true })).toSorted()).toEqual([
      'last',
      'last/b',
      'last/mark',
      'z',
    ]);
    expect(await readFile(join(there, 'last/mark'), 'utf8')).toBe('b now');
    watched.server.close();
  });

  test('a name that leads out of the folder is refused', async () => {
    const bucket = new Bucket('s3://films/evil');
    for (const name of ['a/../../out', '../out', 'a//b', 'a\\b']) {
      vi.spyOn(bucket, 'list').mockResolvedValueOnce([{ name, tag: '' }]);
      await expect(fetchFolder({ bucket, name: '', folder: join(folder, 'evil') })).rejects.toThrow(
        'no name of a file in a folder',
      );
    }
  });

  test('a connection that is cut off in the middle of a file leaves what was there, and is tried again', async () => {
    let cuts = 1;
    const cutting = await before(server.address, (method) =>
      method === 'PUT' && cuts-- > 0 ? 'cut off' : 'hand on',
    );
    const bucket = through(cutting.address, 's3://films/cut');
    const path = join(folder, 'large');
    const bytes = Buffer.alloc(3_000_000, 7);
    await writeFile(path, bytes);
    await server.put('cut/large', 'what was there');
    await bucket.replace('large', path);
    expect(await bucket.fetch('large', join(folder, 'again'))).toBe(true);
    expect((await readFile(join(folder, 'again'))).equals(bytes)).toBe(true);
    await server.put('cut/large', 'what was there');
    cuts = 100;
    await expect(bucket.replace('large', path, AbortSignal.timeout(3000))).rejects.toThrow('timeout');
    expect(cuts).toBeLessThan(100);
    expect((await new Bucket('s3://films/cut').read('large'))!.text).toBe('what was there');
    cutting.server.close();
  }, 120_000);

  test('one at a time holds a lock; it is free once given back, or its holder is dead', async () => {
    const bucket = new Bucket('s3://films/locks');
    const take = (onHeld?: () => void) => lockInBucket(bucket, '.locks/run', 'training in run', { onHeld });
    const first = await take();
    const own = ownerText(thisProcess());
    const { text } = (await bucket.read('.locks/run'))!;
    expect(text).toMatch(new RegExp(`^${own} [0-9a-f]{16} [0-9a-f]{16} 1$`));
    await first.confirm();
    await expect(take()).rejects.toMatchObject({
      code: 'busy',
      message: expect.stringMatching(
        /^process \d+ on \S+ is training in run already; if it is not, remove s3:\/\/films\/locks\/\.locks\/run$/,
      ),
    });
    const told: string[] = [];
    const second = take(() => told.push('held'));
    while (told.length === 0) await sleep(20);
    await first.release();
    await (await second).release();
    expect((await bucket.read('.locks/run'))!.text).toBe('free');
    // of this machine, and gone
    const [, counted] = text.split(' ');
    const gone = own.replace(/^\d+-/, '4000000-');
    await server.put('locks/.locks/run', `${gone} ${counted} 0123456789abcdef 7`);
    await (await take()).release();
    // of another machine that has the same name
    await server.put('locks/.locks/run', `${gone} fedcba9876543210 0123456789abcdef 7`);
    await expect(take()).rejects.toMatchObject({ code: 'busy' });
  });

  test('of many that ask at the same time one at a time holds it', async () => {
    const bucket = new Bucket('s3://films/race');
    let holders = 0;
    const work = async () => {
      const lock = await lockInBucket(bucket, 'lock', 'working', { onHeld: () => {} });
      expect(++holders).toBe(1);
      await sleep(30);
      holders--;
      await lock.release();
    };
    await Promise.all(Array.from({ length: 6 }, work));
  }, 120_000);

  test('a holder on another machine that is silent is dead, and told so when it comes back', async () => {
    const bucket = new Bucket('s3://films/silent');
    await server.put('silent/lock', '1000-1-another.host 0123456789abcdef 7');
    const started = performance.now();
    await expect(lockInBucket(bucket, 'lock', 'working')).rejects.toMatchObject({ code: 'busy' });
    const lock = await lockInBucket(bucket, 'lock', 'working', { silence: 2, onHeld: () => {} });
    expect(performance.now() - started).toBeGreaterThan(2000);
    // taken over by another
    await server.put('silent/lock', '1001-1-another.host fedcba9876543210 1');
    await expect(lock.confirm()).rejects.toThrow('another process has taken over working');
    expect(lock.signal.aborted).toBe(true);
    await lock.release();
    expect((await bucket.read('lock'))!.text).toContain('fedcba9876543210');
  });

  test('an answer that is lost leaves the lock with the process that wrote it', async () => {
    let losses = 1;
    const losing = await before(server.address, (method) =>
      method === 'PUT' && losses-- > 0 ? 'lose the answer' : 'hand on',
    );
    const bucket = through(losing.address, 's3://films/lost');
    const lock = await lockInBucket(bucket, 'lock', 'working');
    losses = 1;
    await lock.confirm();
    await lock.release();
    expect((await bucket.read('lock'))!.text).toBe('free');
    losing.server.close();
  }, 120_000);
});
