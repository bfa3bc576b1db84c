import { setTimeout as sleep } from 'node:timers/promises';
import { fromPglite, PgBoss } from 'pg-boss';
import type { Database, EmbeddedDatabase, Library, ServerDatabase } from '../library/index.ts';
import { InputError } from '../support/errors.ts';
import type { JobKind, JobState, JobStatus } from './job.ts';

/** pg-boss keeps its tables here. */
export const schema = 'affectline_jobs';

/** Seconds without a sign of life after which a worker counts as dead; pg-boss knows none shorter. */
const heartbeat = 10;
/** Seconds between looks for dead workers; every process that has opened the queue looks. */
const supervision = 2;
/** Runs that a job may take beyond the first: workers that die take some of them. */
const retries = 5;
/** Seconds before a job is tried again; twice as long each time, up to the longest. */
const [shortestDelay, longestDelay] = [1, 300];
/** Seconds after which a job that is still running is taken from its worker; pg-boss knows none longer. */
const longestRun = 24 * 60 * 60;
/** Seconds that jobs which are done, or have failed, are kept. */
const keptFor = 30 * 24 * 60 * 60;

/** The kinds' queues, in a library's database. */
export class JobQueue {
  readonly library: Library;
  readonly boss: PgBoss;
  private readonly known = new Set<string>();

  constructor(library: Library, boss: PgBoss) {
    this.library = library;
    this.boss = boss;
  }

  /**
   * Puts a job into the queue.
   *
   * @param key what tells it from others of its kind: while one with this key waits or runs, no second is made.
   * @returns its id, or nothing when there is one already.
   */
  async add<Data extends object>(
    kind: Pick<JobKind<Data>, 'name'>,
    data: Data,
    key: string,
  ): Promise<string | undefined> {
    await this.know(kind.name);
    return (await this.boss.send(kind.name, data, { singletonKey: key })) ?? undefined;
  }

  /** How a job stands; nothing where there is none of this id. */
  async job(id: string): Promise<JobStatus | undefined> {
    return (await this.list({ id, limit: 1 }))[0];
  }

  /** How many jobs wait, run, and have failed. */
  async counts(): Promise<Record<'waiting' | 'running' | 'failed', number>> {
    const rows = await this.library.database.query<{ state: string; count: number }>(
      `select state::text, count(*)::int as count from ${schema}.job where name not like '\\_\\_%' group by state`,
    );
    const counts = { waiting: 0, running: 0, failed: 0, done: 0 };
    for (const { state, count } of rows) counts[states[state]!] += count;
    const { done: _, ...open } = counts;
    return open;
  }

  /** How all jobs stand, or the one of an id, the latest first. */
  async list({ limit = 10_000, id }: { limit?: number; id?: string } = {}): Promise<JobStatus[]> {
    const rows = await this.library.database.query<JobRow>(
      `select job.id, job.name as kind, job.data, job.state::text as state, job.output, job.created_on, job.completed_on,
         run.worker, run.done, (select count(*)::int from affectline.job_run where job_run.job = job.id) as attempts
       from ${schema}.job
       left join lateral (
         select worker, done from affectline.job_run where job_run.job = job.id order by attempt desc limit 1
       ) run on true
       where job.name not like '\\_\\_%' and ($2::uuid is null or job.id = $2::uuid)
       order by job.created_on desc, job.id limit $1`,
      [limit, id ?? null],
    );
    return rows.map(statusOf);
  }

  /** Jobs that wait or run. */
  async pending(): Promise<number> {
    const [row] = await this.library.database.query<{ count: number }>(
      `select count(*)::int as count from ${schema}.job
       where state in ('created', 'retry', 'active') and name not like '\\_\\_%'`,
    );
    return row!.count;
  }

  /** How all jobs stand, each time that something has changed, until the signal says to stop. */
  async *watch(
    signal: AbortSignal,
    { interval = 0.5 }: { interval?: number } = {},
  ): AsyncGenerator<JobStatus[], void, undefined> {
    let last = '';
    while (!signal.aborted) {
      const jobs = await this.list();
      const now = JSON.stringify(jobs);
      if (now !== last) yield jobs;
      last = now;
      await sleep(interval * 1000, undefined, { signal }).catch(() => {});
    }
  }

  /**
   * Lets a job that has failed be tried again.
   *
   * @throws InputError when there is no such job, or it has not failed.
   */
  async retry(id: string): Promise<void> {
    const job = isUuid(id) ? await this.job(id) : undefined;
    if (job?.state !== 'failed')
      throw new InputError(
        `job '${id}': ${job ? `is ${job.state}, and has not failed` : 'no such job'}`,
        'not-found',
      );
    await this.boss.retry(job.kind, id);
  }

  /** Makes the queue of a kind, unless it is there. */
  async know(kind: string): Promise<void> {
    if (this.known.has(kind)) return;
    await this.boss.createQueue(kind, {
      policy: 'exclusive',
      heartbeatSeconds: heartbeat,
      expireInSeconds: longestRun,
      retryLimit: retries,
      retryDelay: shortestDelay,
      retryDelayMax: longestDelay,
      retryBackoff: true,
      deleteAfterSeconds: keptFor,
      notify: false,
    });
    this.known.add(kind);
  }

  /** Leaves the queue; jobs that wait in it stay. The library stays open. */
  async close(): Promise<void> {
    await this.boss.stop({ graceful: false, close: true });
  }
}

/** Opens the queue in a library's database. */
export async function openJobs(library: Library): Promise<JobQueue> {
  const boss = new PgBoss({
    ...connectionOf(library.database),
    schema,
    superviseIntervalSeconds: supervision,
    monitorIntervalSeconds: supervision,
    schedule: false,
    reindex: false,
    monitorVacuum: false,
  });
  // a connection that breaks is made anew; what cannot be done meanwhile is tried again
  boss.on('error', () => {});
  await boss.start();
  return new JobQueue(library, boss);
}

/** As the database knows ids of jobs. */
function isUuid(text: string): boolean {
  return /^[\da-f]{8}(-[\da-f]{4}){3}-[\da-f]{12}$/i.test(text);
}

function connectionOf(database: Database) {
  return database.kind === 'embedded'
    ? { db: fromPglite((database as EmbeddedDatabase).pglite), backend: 'pglite' as const }
    : { connectionString: (database as ServerDatabase).url, max: 4 };
}

interface JobRow {
  id: string;
  kind: string;
  data: object;
  state: string;
  output: { message?: string; reason?: string } | null;
  created_on: Date;
  completed_on: Date | null;
  worker: string | null;
  done: number | null;
  attempts: number;
}

const states: Record<string, JobState> = {
  created: 'waiting',
  retry: 'waiting',
  active: 'running',
  completed: 'done',
  cancelled: 'failed',
  failed: 'failed',
};

function statusOf({
  id,
  kind,
  data,
  state,
  output,
  created_on,
  completed_on,
  worker,
  done,
  attempts,
}: JobRow): JobStatus {
  const reason = output?.reason ?? output?.message;
  const as = states[state]!;
  return {
    id,
    kind,
    data,
    state: as,
    attempts,
    done: as === 'done' ? 1 : as === 'running' ? (done ?? 0) : 0,
    ...(worker !== null && { worker }),
    ...(as !== 'done' && reason !== undefined && { reason }),
    created: new Date(created_on),
    ...(completed_on !== null && { ended: new Date(completed_on) }),
  };
}
