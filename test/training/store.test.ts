import { type ChildProcess, execFileSync } from 'node:child_process';
import {
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { hasMoto, MotoServer } from '../../src/buckets/moto-fixture.ts';
import { openJobs } from '../../src/jobs/index.ts';
import { openLibrary } from '../../src/library/index.ts';
import { hasPostgresql, PostgresqlServer } from '../../src/library/postgresql-fixture.ts';
import { requirement } from '../../src/support/testing.ts';
import { beginProgram, renderSmallDataSet, runReproduce } from './small-films.ts';

const hasFfmpeg = requirement('ffmpeg', () => execFileSync('ffmpeg', ['-version']).length > 0);

describe.skipIf(!hasFfmpeg || !hasMoto)('affectline reproduce --store (needs ffmpeg and moto)', () => {
  const root = mkdtempSync(join(tmpdir(), 'affectline-store-'));
  const server = new MotoServer();
  afterAll(() => {
    server.stop();
    rmSync(root, { recursive: true });
  });

  const store = 's3://films/runs/first';
  /** Of the process that asks, which has a folder of its own for what can be fetched again. */
  const environment = (host: string) => ({
    ...server.environment,
    AFFECTLINE_CACHE: join(root, `cache-${host}`),
  });
  const options = (out: string, ...given: string[]) => [
    ...['--data', join(root, 'data'), '--out', join(root, out), '--config', join(root, 'small.yaml')],
    ...['--threads', '1', '--json', '--models', 'sound,picture+sound,constant', ...given],
  ];
  const reproduce = async (out: string, ...given: string[]) =>
    await runReproduce(options(out, ...given), { environment: environment('asking') });

  /** All that a run is measured by, and what it leaves; times of epochs differ. */
  const results = ['report.md', 'table.csv', 'predictions.csv', 'openings.json', 'experiment.json'];
  const ofRuns = [
    'config.yaml',
    'predictions.csv',
    'validation.csv',
    'calibration.csv',
    'best/model.json',
    'best/model.safetensors',
    'best/README.md',
  ];
  const sameAsPlain = (folder: string) => {
    const runs = ['sound', 'picture+sound'].flatMap((run) => ofRuns.map((file) => `models/${run}/${file}`));
    for (const file of [...results, ...runs])
      expect(readFileSync(join(folder, file)).equals(readFileSync(join(root, 'plain', file))), file).toBe(
        true,
      );
  };

  beforeAll(async () => {
    renderSmallDataSet(root, 12, 3);
    await server.start();
  }, 600_000);

  const keysIn = async (place: string) =>
    (await server.keys()).flatMap((key) =>
      key.startsWith(`${place}/`) ? [key.slice(place.length + 1)] : [],
    );

  /** What is in the bucket, in a folder, as any program would fetch it. */
  const fetched = async (place: string, folder: string) => {
    for (const key of await keysIn(place)) {
      const path = join(root, folder, key);
      mkdirSync(join(path, '..'), { recursive: true });
      const url = `${server.address}/films/${place}/${encodeURIComponent(key).replaceAll('%2F', '/')}`;
      writeFileSync(path, Buffer.from(await (await server.client.fetch(url)).arrayBuffer()));
    }
    return join(root, folder);
  };

  const textIn = async (place: string, name: string) =>
    await (await server.client.fetch(`${server.address}/films/${place}/${name.replace('+', '%2B')}`)).text();

  test.skipIf(!hasPostgresql)(
    'two workers without a folder in common or the films; one is killed after its first checkpoint: the other goes on from there, to the same files',
    async () => {
      const postgresql = new PostgresqlServer();
      await postgresql.start();
      const database = await postgresql.createDatabase();
      const library = await openLibrary({ database });
      const queue = await openJobs(library);
      const given = ['worker', '--database', database, '--threads', '2', '--model', join(root, 'nowhere')];
      const begun: ChildProcess[] = [];
      const begin = (host: string, ...all: string[]) => {
        const child = beginProgram(all, environment(host), host);
        child.stderr.resume();
        child.stdout.resume();
        begun.push(child);
        return child;
      };
      const queued = ['--store', store, '--jobs', '--database', database];
      try {
        const first = begin('first', ...given);
        const asking = begin('asking', 'reproduce', ...options('spread', ...queued));
        const checkpoint = async () =>
          (await keysIn('runs/first')).find((key) => key.endsWith('/last/checkpoint.json'));
        let found = await checkpoint();
        for (; !found; found = await checkpoint()) await sleep(20);
        first.kill('SIGKILL');
        asking.kill('SIGKILL');
        // the films were there for their preparation only; now nobody has them
        expect((await keysIn('runs/first')).filter((key) => key.startsWith('films/'))).toEqual([]);
        renameSync(join(root, 'data'), join(root, 'data-away'));
        const run = found.replace('/last/checkpoint.json', '');
        expect(await keysIn('runs/first')).not.toContain(`${run}/predictions.csv`);
        const before = await textIn('runs/first', `${run}/metrics.jsonl`);
        expect(before.trim().split('\n').length).toBeLessThan(3);

        begin('second', ...given);
        while ((await queue.pending()) > 0) await sleep(200);
        const jobs = await queue.list();
        expect(
          jobs.map(({ state, reason }) => ({ state, reason })).filter(({ state }) => state !== 'done'),
        ).toEqual([]);
        const trained = jobs.filter(({ kind }) => kind === 'train');
        expect(trained.map(({ worker }) => worker?.replace(/^\d+@/, ''))).toEqual(['second', 'second']);
        // its first epochs are those of the dead worker, with their times
        const after = await textIn('runs/first', `${run}/metrics.jsonl`);
        expect(after.startsWith(before)).toBe(true);
        expect(after.trim().split('\n')).toHaveLength(3);
        expect(readdirSync(join(root, 'cache-second/work'))).toEqual([]);

        renameSync(join(root, 'data-away'), join(root, 'data'));
        const { code, stderr } = await reproduce('spread', ...queued);
        expect(code, stderr).toBe(0);
        expect(await queue.list()).toHaveLength(jobs.length);
      } finally {
        for (const child of begun) child.kill('SIGKILL');
        await queue.close();
        await library.close();
        await postgresql.remove();
      }
      // from the same clips: prepared anew, single samples of sound may differ by a step
      const plain = await reproduce('plain', '--cache', join(root, 'cache-asking/clips'));
      expect(plain.code, plain.stderr).toBe(0);
      sameAsPlain(join(root, 'spread'));
      const there = await fetched('runs/first', 'downloaded');
      sameAsPlain(there);
      expect(readdirSync(join(there, 'models/picture+sound/last'))).toHaveLength(3);
      expect(readFileSync(join(there, '.locks/models/picture+sound'), 'utf8')).toBe('free');
    },
    900_000,
  );

  test('a process alone goes on with what the store has, from another folder; other data and other keys are refused by name', async () => {
    const place = 's3://films/runs/alone';
    const small = ['--models', 'sound', '--store', place];
    const one = await reproduce('one', ...small);
    expect(one.code, one.stderr).toBe(0);
    const two = await reproduce('two', ...small, '--models', 'sound,constant');
    expect(two.code, two.stderr).toBe(0);
    // read, not trained again
    expect(two.stderr).not.toContain('epoch 1');
    for (const file of ['predictions.csv', 'best/model.safetensors', 'metrics.jsonl'])
      expect(readFileSync(join(root, 'two/models/sound', file))).toEqual(
        readFileSync(join(root, 'one/models/sound', file)),
      );
    // the test was opened before, from another folder
    expect(JSON.parse(readFileSync(join(root, 'two/openings.json'), 'utf8'))).toHaveLength(2);
    expect(JSON.parse(await textIn('runs/alone', 'openings.json'))).toHaveLength(2);
    expect(await textIn('runs/alone', 'report.md')).toBe(readFileSync(join(root, 'two/report.md'), 'utf8'));

    // and the next time from the first one, which knows nothing of the second opening
    const again = await reproduce('one', ...small);
    expect(again.code, again.stderr).toBe(0);
    expect(JSON.parse(await textIn('runs/alone', 'openings.json'))).toHaveLength(2);

    writeFileSync(
      join(root, 'other.yaml'),
      `${readFileSync(join(root, 'small.yaml'), 'utf8')}weightDecay: 0.5\n`,
    );
    const other = await reproduce('three', ...small, '--config', join(root, 'other.yaml'));
    expect(other).toMatchObject({
      code: 1,
      stderr: expect.stringContaining(`${place}/models/sound holds a run of another configuration`),
    });
    cpSync(join(root, 'data'), join(root, 'changed'), { recursive: true });
    const labels = readFileSync(join(root, 'data/labels.csv'), 'utf8').replace('2.10', '2.15');
    writeFileSync(join(root, 'changed/labels.csv'), labels);
    const changed = await reproduce('four', ...small, '--data', join(root, 'changed'));
    expect(changed).toMatchObject({
      code: 1,
      stderr: expect.stringContaining(`${place} holds results of another data set`),
    });
  }, 900_000);

  test('a store that cannot be used is told at the start', async () => {
    const nowhere = await reproduce('unused', '--store', 's3://nowhere/runs');
    expect(nowhere.stderr).toMatch(
      /s3:\/\/nowhere\/runs\S* cannot be put: the server answered 404 \(NoSuchBucket/,
    );
    const noKeys = await runReproduce(options('unused', '--store', store), {
      environment: { ...server.environment, AWS_SECRET_ACCESS_KEY: '' },
    });
    expect(noKeys.stderr).toContain(`${store}: AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY have to be set`);
    expect([nowhere.code, noKeys.code]).toEqual([1, 1]);
    expect(existsSync(join(root, 'unused'))).toBe(false);
  }, 600_000);
});
