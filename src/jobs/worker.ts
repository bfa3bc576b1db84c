import type { Job } from 'pg-boss';
import type { Queries } from '../library/index.ts';
import { type ErrorCode, InputError } from '../support/errors.ts';
import { thisProcess } from '../support/owner.ts';
import type { JobKind } from './job.ts';
import { type JobQueue, schema } from './queue.ts';

/** Seconds between looks for a job, and between signs of life. */
const [polling, signOfLife] = [0.5, 2];
/** Progress is written at most so often, in milliseconds. */
const progressInterval = 500;

/** Faults that are none of the job: another process holds what is needed, or this worker's model is of no use. */
const passing: ReadonlySet<ErrorCode> = new Set(['busy', 'unusable-model']);

/** What works jobs until it is stopped. */
export interface Worker {
  /** `pid@host`. */
  readonly name: string;
  /** Puts down the jobs that run, for others to take up, and takes no further one. */
  stop(): Promise<void>;
}

/**
 * Works jobs of a kind, so many at a time as the kind says, until it is stopped.
 *
 * @param onRun told of every run that ends: what it was, and why it failed.
 */
export async function work<Data extends object>(
  queue: JobQueue,
  kind: JobKind<Data>,
  onRun: (run: { data: Data; error?: unknown }) => void = () => {},
): Promise<Worker> {
  const { pid, host } = thisProcess();
  const name = `${pid}@${host}`;
  const stopped = new AbortController();
  await queue.know(kind.name);
  const handle = async ([job]: Job<Data>[]) => {
    try {
      await runOnce(queue, kind, job!, name, AbortSignal.any([job!.signal, stopped.signal]));
      onRun({ data: job!.data });
      return [{ id: job!.id, status: 'completed' as const }];
    } catch (error) {
      onRun({ data: job!.data, error });
      // to try again is of no use where the input is bad
      if (error instanceof InputError && !passing.has(error.code) && !stopped.signal.aborted)
        return [{ id: job!.id, status: 'deadletter' as const, output: { reason: error.message } }];
      throw error;
    }
  };
  const options = {
    batchSize: 1,
    localConcurrency: kind.atOnce ?? 1,
    pollingIntervalSeconds: polling,
    heartbeatRefreshSeconds: signOfLife,
    perJobResults: true as const,
  };
  await queue.boss.work<Data>(kind.name, options, handle as never);
  return {
    name,
    stop: async () => {
      stopped.abort(new Error('the worker was stopped'));
      await queue.boss.offWork(kind.name, { wait: true });
    },
  };
}

/** One run of a job: its work, then its result and its end in one transaction. */
async function runOnce<Data extends object>(
  queue: JobQueue,
  kind: JobKind<Data>,
  job: Job<Data>,
  worker: string,
  signal: AbortSignal,
): Promise<void> {
  const { database } = queue.library;
  const run = [job.id, job.retryCount];
  await database.query(
    `insert into affectline.job_run (job, attempt, worker) values ($1, $2, $3)
     on conflict (job, attempt) do update set worker = excluded.worker, begun = now(), done = 0`,
    [...run, worker],
  );
  let written = 0;
  const onProgress = (done: number) => {
    if (performance.now() - written < progressInterval) return;
    written = performance.now();
    database
      .query('update affectline.job_run set done = $3 where job = $1 and attempt = $2 and ended is null', [
        ...run,
        done,
      ])
      .catch(() => {}); // the next one may get through
  };
  const write = await kind.run(job.data, { signal, onProgress });
  signal.throwIfAborted();
  await database.transaction(async (queries) => {
    await write(queries);
    await queries.query(
      'update affectline.job_run set done = 1, ended = now() where job = $1 and attempt = $2',
      run,
    );
    // a job that was given to another worker meanwhile is not this one's to end
    const held = await queries.query(
      `select 1 from ${schema}.job where name = $1 and id = $2 and retry_count = $3 and state = 'active' for update`,
      [kind.name, job.id, job.retryCount],
    );
    if (held.length === 0) throw new Error(`job ${job.id} has been given to another worker`);
    await queue.boss.complete(kind.name, job.id, null, { db: asBossDatabase(queries) });
  });
}

function asBossDatabase(queries: Queries) {
  return {
    executeSql: async (text: string, values: unknown[] = []) => ({ rows: await queries.query(text, values) }),
  };
}
