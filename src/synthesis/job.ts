import type { FilmExcerpt } from './plan.ts';

/** What the main thread asks a worker for; answered by `null`, or by the message of an error. */
export interface Job {
  readonly excerpt: FilmExcerpt;
  readonly filmLength: number;
  readonly path: string;
}

/** What a worker is told of the set. */
export interface WorkerData {
  readonly seed: number;
  readonly faces: boolean;
}

/** Asks a worker to give up what it renders. */
export const stopMessage = 'stop';
