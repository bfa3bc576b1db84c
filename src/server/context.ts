import type { Logger } from 'pino';
import type { Analyzer } from '../analysis/node/index.ts';
import type { JobQueue } from '../jobs/index.ts';
import type { Library } from '../library/index.ts';
import type { Search } from '../search/index.ts';

/** What a server may take in, in bytes. */
export interface UploadLimits {
  /** Of one film. */
  readonly film: number;
  /** Of all that were uploaded. */
  readonly all: number;
}

/** What all routes share. */
export interface Context {
  readonly library: Library;
  readonly search: Search;
  /** Looks at films again, to say where in the picture their values come from. */
  readonly analyzer: Pick<Analyzer, 'places'>;
  readonly queue: JobQueue;
  /** Where uploaded films are kept. */
  readonly uploads: string;
  /** Where trainings are shown from. */
  readonly runs?: string | undefined;
  readonly limits: UploadLimits;
  readonly log: Logger;
}
