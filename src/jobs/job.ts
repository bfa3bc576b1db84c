import type { Queries } from '../library/index.ts';

/** What a job's work is told, and may tell. */
export interface Running {
  /** Aborts when the worker is stopped, or when the job has been given to another one. */
  signal: AbortSignal;
  /** @param done 0 to 1. */
  onProgress: (done: number) => void;
}

/** Jobs that are worked alike. */
export interface JobKind<Data extends object> {
  /** Small letters and hyphens. */
  readonly name: string;
  /** What a person calls a job with these data. */
  nameOf(data: Data): string;
  /** How many of them a worker has in work at a time; one unless told. */
  readonly atOnce?: number;
  /**
   * Does the work. It may be done several times over, when a worker dies; only one is acknowledged.
   *
   * @returns what writes the result. It is called in the transaction in which the job is done, so that there is one
   *   result for each job, and none is lost.
   * @throws InputError when it is no use to try again; with the codes `busy` and `unusable-model` it is.
   */
  run(data: Data, running: Running): Promise<(queries: Queries) => Promise<void>>;
}

/** `failed`: it is not tried again by itself, and the reason is kept. */
export type JobState = 'waiting' | 'running' | 'done' | 'failed';

/** How a job stands. */
export interface JobStatus {
  id: string;
  kind: string;
  data: object;
  state: JobState;
  /** How often it has been begun. */
  attempts: number;
  /** Of the run that goes on, 0 to 1. */
  done: number;
  /** Who runs it, or ran it last. */
  worker?: string;
  /** Why the last run failed. */
  reason?: string;
  created: Date;
  ended?: Date;
}
