import { type ChildProcess, spawn } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { emptyLibrary } from '../library/embedded-fixture.ts';
import { type Library, type LibraryPlace, openLibrary } from '../library/index.ts';
import { hasPostgresql, PostgresqlServer } from '../library/postgresql-fixture.ts';
import { InputError } from '../support/errors.ts';
import { type JobKind, type JobQueue, openJobs, work } from './index.ts';

const folder = mkdtempSync(join(tmpdir(), 'affectline-jobs-'));
const server = new PostgresqlServer();
beforeAll(async () => {
  if (hasPostgresql) await server.start();
});
afterAll(async () => {
  await server.remove();
  rmSync(folder, { recursive: true });
});

async function until(holds: () => Promise<boolean>): Promise<void> {
  while (!(await holds())) await sleep(100);
}

const places: [string, boolean, () => Promise<LibraryPlace>][] = [
  ['embedded', true, async () => ({ folder: await emptyLibrary(folder) })],
  ['PostgreSQL', hasPostgresql, async () => ({ database: await server.createDatabase() })],
];

interface Number {
  n: number;
}

/** Writes each number that it is given into a table; `failing` says which ones fail at first, or for good. */
const writing = (failing: (n: number, runs: number) => unknown = () => {}): JobKind<Number> => {
  const runs = new Map<number, number>();
  return {
    name: 'write',
    nameOf: ({ n }) => `${n}`,
    async run({ n }, { onProgress }) {
      onProgress(0.5);
      runs.set(n, (runs.get(n) ?? 0) + 1);
      failing(n, runs.get(n)!);
      return async (queries) => {
        await queries.query('insert into written values ($1)', [n]);
      };
    },
  };
};

describe.each(places.filter(([, there]) => there))('%s', (_, __, newPlace) => {
  let library: Library;
  let queue: JobQueue;
  beforeAll(async () => {
    library = await openLibrary(await newPlace());
    queue = await openJobs(library);
    await library.database.query('create table written (n int)');
  }, 300_000);
  afterAll(async () => {
    await queue.close();
    await library.close();
  });

  test('every job has one result; one that fails is tried again, one with bad input is not', async () => {
    const kind = writing((n, runs) => {
      if (n === 3 && runs === 1) throw new Error('the network was gone');
      if (n === 5) throw new InputError('5 is no film');
      if (n === 6 && runs === 1) throw new InputError('another process reads it', 'busy');
    });
    for (let n = 0; n < 10; n++) expect(await queue.add(kind, { n }, `${n}`)).toBeTypeOf('string');
    expect(await queue.add(kind, { n: 4 }, '4')).toBeUndefined();
    const worker = await work(queue, kind);
    await until(async () => (await queue.pending()) === 0);
    await worker.stop();
    const rows = await library.database.query<{ n: number }>('select n from written order by n');
    expect(rows.map(({ n }) => n)).toEqual([0, 1, 2, 3, 4, 6, 7, 8, 9]);
    const jobs = (await queue.list()).sort((a, b) => (a.data as Number).n - (b.data as Number).n);
    expect(jobs.map(({ state, attempts, done }) => [state, attempts, done])).toEqual(
      jobs.map((_, n) => (n === 5 ? ['failed', 1, 0] : ['done', n === 3 || n === 6 ? 2 : 1, 1])),
    );
    expect(jobs[5]).toMatchObject({ kind: 'write', reason: '5 is no film', worker: worker.name });
    await expect(queue.retry(jobs[0]!.id)).rejects.toThrow('is done, and has not failed');
  });

  test('a result that is not acknowledged leaves nothing behind, and its job is done once', async () => {
    let broken = true;
    const kind: JobKind<Number> = {
      name: 'break',
      nameOf: ({ n }) => `${n}`,
      run:
        async ({ n }) =>
        async (queries) => {
          await queries.query('insert into written values ($1)', [n]);
          if (broken) {
            broken = false;
            throw new Error('the power is gone in the middle of the write');
          }
        },
    };
    await queue.add(kind, { n: 77 }, '77');
    const worker = await work(queue, kind);
    await until(async () => (await queue.pending()) === 0);
    await worker.stop();
    expect(await library.database.query('select n from written where n = 77')).toHaveLength(1);
  });

  test('a worker that is stopped hands its job back, and another one ends it', async () => {
    const begun: AbortSignal[] = [];
    const kind: JobKind<Number> = {
      name: 'hand-back',
      nameOf: ({ n }) => `${n}`,
      run: async ({ n }, { signal }) => {
        begun.push(signal);
        if (begun.length === 1) await sleep(60_000, undefined, { signal });
        return async (queries) => {
          await queries.query('insert into written values ($1)', [n]);
        };
      },
    };
    await queue.add(kind, { n: 88 }, '88');
    const first = await work(queue, kind);
    await until(async () => begun.length === 1);
    await first.stop();
    expect(begun[0]!.aborted).toBe(true);
    const second = await work(queue, kind);
    await until(async () => (await queue.pending()) === 0);
    await second.stop();
    expect(await library.database.query('select n from written where n = 88')).toHaveLength(1);
  });

  test('a worker has as many jobs in work at a time as their kind says, and no more', async () => {
    let [running, most] = [0, 0];
    const kind: JobKind<Number> = {
      name: 'two-at-once',
      nameOf: ({ n }) => `${n}`,
      atOnce: 2,
      run: async () => {
        most = Math.max(most, ++running);
        if (most < 2) await until(async () => most === 2);
        await sleep(200);
        running--;
        return async () => {};
      },
    };
    for (let n = 0; n < 5; n++) await queue.add(kind, { n }, `${n}`);
    const worker = await work(queue, kind);
    await until(async () => (await queue.pending()) === 0);
    await worker.stop();
    expect(most).toBe(2);
  });

  test('who watches sees a job wait, run with progress, and end', async () => {
    let seenRunning = () => {};
    const running = new Promise<void>((resolve) => {
      seenRunning = resolve;
    });
    const kind: JobKind<Number> = {
      name: 'watched',
      nameOf: ({ n }) => `${n}`,
      run: async (_, { onProgress }) => {
        onProgress(0.25);
        await running;
        return async () => {};
      },
    };
    await queue.add(kind, { n: 1 }, '1');
    const seen: string[] = [];
    const stop = new AbortController();
    const worker = await work(queue, kind);
    for await (const jobs of queue.watch(stop.signal, { interval: 0.1 })) {
      const { state, done } = jobs.find((job) => job.kind === 'watched')!;
      seen.push(`${state} ${done}`);
      if (seen.at(-1) === 'running 0.25') seenRunning();
      if (state === 'done') stop.abort();
    }
    await worker.stop();
    expect(seen).toContain('running 0.25');
    expect(seen.at(-1)).toBe('done 1');
  });
});

const compiled = (room: string) =>
  JSON.stringify(fileURLToPath(new URL(`../../dist/${room}/index.js`, import.meta.url)));

/** A worker in a process of its own, whose jobs take a moment each and write what they were given. */
function startWorker(database: string): ChildProcess {
  const program = `
    const { openLibrary } = await import(${compiled('library')});
    const { openJobs, work } = await import(${compiled('jobs')});
    const queue = await openJobs(await openLibrary({ database: ${JSON.stringify(database)} }));
    await work(queue, { name: 'write', run: async ({ n }) => {
      await new Promise((resolve) => setTimeout(resolve, 50 + 10 * (n % 10)));
      return async (queries) => { await queries.query('insert into written values ($1)', [n]); };
    } });`;
  return spawn(process.execPath, ['--input-type=module', '-e', program], {
    stdio: ['ignore', 'ignore', 'inherit'],
  });
}

test.skipIf(!hasPostgresql)(
  'of three workers one is killed at its work: every job has one result, and its own is taken over in 20 s',
  async () => {
    const database = await server.createDatabase();
    const library = await openLibrary({ database });
    const queue = await openJobs(library);
    await library.database.query('create table written (n int)');
    const count = 60;
    for (let n = 0; n < count; n++) await queue.add({ name: 'write' }, { n }, `${n}`);
    const workers = [1, 2, 3].map(() => startWorker(database));
    await until(async () => {
      const running = (await queue.list()).some(
        ({ state, worker }) => state === 'running' && worker?.startsWith(`${workers[0]!.pid}@`),
      );
      if (running) workers[0]!.kill('SIGKILL');
      return running;
    });
    await until(async () => (await queue.pending()) === 0);
    for (const worker of workers) worker.kill('SIGKILL');
    const rows = await library.database.query<{ n: number }>('select n from written order by n');
    expect(rows.map(({ n }) => n)).toEqual(Array.from({ length: count }, (_, n) => n));
    const again = (await queue.list()).filter(({ attempts }) => attempts > 1);
    expect(again.length).toBeLessThanOrEqual(1);
    for (const { id } of again) {
      const [row] = await library.database.query<{ seconds: number }>(
        `select extract(epoch from max(begun) - min(begun))::float8 as seconds from affectline.job_run where job = $1`,
        [id],
      );
      expect(row!.seconds).toBeLessThan(20);
    }
    await queue.close();
    await library.close();
  },
  120_000,
);
