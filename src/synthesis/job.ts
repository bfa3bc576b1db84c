import type { FilmExcerpt } from './plan.ts';

/** What the main thread asks a worker for; answered by `null`, or by the message of an error. */
export interface Job {
  readonly excerpt: FilmExcerpt;
  readonly filmLength: number;
  readonly path: string;
}

/** Asks a worker to give up what it renders. */
export const stopMessage = 'stop';
