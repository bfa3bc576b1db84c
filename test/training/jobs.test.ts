import { execFileSync } from 'node:child_process';
import {
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, dirname, join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { TrainingData } from '../../src/experiment/index.ts';
import { type JobStatus, openJobs } from '../../src/jobs/index.ts';
import { emptyLibrary } from '../../src/library/embedded-fixture.ts';
import { openLibrary } from '../../src/library/index.ts';
import { hasPostgresql, PostgresqlServer } from '../../src/library/postgresql-fixture.ts';
import { requirement } from '../../src/support/testing.ts';
import { beginProgram, renderSmallDataSet, runReproduce } from './small-films.ts';

const hasFfmpeg = requirement('ffmpeg', () => execFileSync('ffmpeg', ['-version']).length > 0);

/** Whether a job's worker holds the folder of its training. */
function claimed({ data }: JobStatus): boolean {
  const { folder } = data as TrainingData;
  const models = dirname(folder);
  return (
    existsSync(models) && readdirSync(models).some((name) => name.startsWith(`.${basename(folder)}.lock-`))
  );
}

describe.skipIf(!hasFfmpeg)('affectline reproduce --jobs (needs ffmpeg)', () => {
  const root = mkdtempSync(join(tmpdir(), 'affectline-training-jobs-'));
  afterAll(() => rmSync(root, { recursive: true }));

  beforeAll(() => {
    renderSmallDataSet(root, 12, 1);
  }, 120_000);

  const sameAsPlain = (out: string) => {
    for (const file of ['report.md', 'predictions.csv', 'models/paper-seed-2/predictions.csv'])
      expect(readFileSync(join(root, out, file), 'utf8'), file).toBe(
        readFileSync(join(root, 'plain', file), 'utf8'),
      );
  };

  const reproduce = async (out: string, ...given: string[]) =>
    await runReproduce([
      ...['--data', join(root, 'data'), '--out', join(root, out), '--cache', join(root, 'clips')],
      ...['--config', join(root, 'small.yaml'), '--threads', '1', '--json', '--models', 'paper,constant'],
      ...['--seeds', '2', ...given],
    ]);

  const dead = join(root, 'queued/models/.paper.lock-1000-0123456789ab-1-1-another.host');

  // the jobs prepare the clips, which the others read: prepared anew, single samples of sound may differ by a step
  beforeAll(async () => {
    mkdirSync(join(root, 'queued/models'), { recursive: true });
    writeFileSync(dead, '7');
    utimesSync(dead, Date.now() / 1000 - 100, Date.now() / 1000 - 100);
    const queued = await reproduce('queued', '--jobs', '--library', await emptyLibrary(root));
    expect(queued.code, queued.stderr).toBe(0);
    const plain = await reproduce('plain');
    expect(plain.code, plain.stderr).toBe(0);
  }, 600_000);

  test('clips prepared and networks trained as jobs give the same files to the byte, over a lock of a dead machine', () => {
    sameAsPlain('queued');
    expect(existsSync(dead)).toBe(false);
  });

  test('jobs that fail are told by what they were', async () => {
    const library = ['--jobs', '--library', await emptyLibrary(root)];
    for (const name of ['paper', 'paper-seed-2']) {
      mkdirSync(join(root, 'failing/models', name), { recursive: true });
      writeFileSync(join(root, 'failing/models', name, 'config.yaml'), 'epochs: 7\n');
    }
    const trained = await reproduce('failing', ...library);
    expect(trained).toMatchObject({
      code: 1,
      stderr: expect.stringMatching(
        /2 of 2 jobs to train failed:\n {2}paper, seed 1: .*\n {2}paper, seed 2: .*paper-seed-2/,
      ),
    });
    cpSync(join(root, 'data'), join(root, 'broken'), { recursive: true });
    writeFileSync(join(root, 'broken/3.mp4'), 'this is no film');
    const prepared = await reproduce('unprepared', '--data', join(root, 'broken'), ...library);
    expect(prepared).toMatchObject({
      code: 1,
      stderr: expect.stringMatching(
        /1 of 1 jobs to prepare failed:\n {2}clips of broken, shard 1 of 1: 1 of 12 clips/,
      ),
    });
  }, 600_000);

  test.skipIf(!hasPostgresql)(
    'two workers on PostgreSQL as if on two machines, one killed while it trains: the other takes it over, to the same files',
    async () => {
      const server = new PostgresqlServer();
      await server.start();
      const database = await server.createDatabase();
      const library = await openLibrary({ database });
      const queue = await openJobs(library);
      // threads of their own do not count, and a model that they do not need is not opened
      const given = ['worker', '--database', database, '--threads', '2', '--model', join(root, 'nowhere')];
      const workers = ['first', 'second'].map((host) => beginProgram(given, {}, host));
      try {
        const running = reproduce('spread', '--jobs', '--database', database);
        const training = async () =>
          (await queue.list()).find(
            ({ kind, state, worker }) => kind === 'train' && state === 'running' && worker !== undefined,
          );
        let first = await training();
        for (; !first; first = await training()) await sleep(20);
        const pid = Number.parseInt(first.worker!, 10);
        expect(first.worker).toMatch(/^\d+@(first|second)$/);
        while (!claimed(first)) await sleep(20);
        expect(workers.map((worker) => worker.pid)).toContain(pid);
        process.kill(pid, 'SIGKILL');
        const { code, stderr } = await running;
        expect(code, stderr).toBe(0);
        sameAsPlain('spread');
        const jobs = await queue.list();
        expect(jobs.every(({ state }) => state === 'done')).toBe(true);
        expect(jobs.filter(({ kind }) => kind === 'train')).toHaveLength(2);
        expect(await queue.job(first.id)).toMatchObject({ attempts: 2 });
        const { worker } = (await queue.job(first.id))!;
        expect(worker).not.toBe(first.worker);
      } finally {
        for (const worker of workers) worker.kill('SIGKILL');
        await queue.close();
        await library.close();
        await server.remove();
      }
    },
    600_000,
  );
});
