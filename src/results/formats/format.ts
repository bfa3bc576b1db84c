import type { FilmAffect } from '../../affect/index.ts';
import type { FilmStrip } from '../film-strip.ts';

/** What a film's answer is written from. */
export interface Written {
  readonly film: FilmAffect;
  /** What the files are called before their endings: files of one format may name each other. */
  readonly name: string;
  /** Stills of the film. */
  readonly strip?: FilmStrip | undefined;
}

/** A way to hand a film's answer over. */
export interface Format {
  /** As `--formats` takes it. */
  readonly name: string;
  /** In a few words: what reads it. */
  readonly about: string;
  /** What the names of its files end with; a format may be more than one file. */
  readonly endings: readonly string[];
  /**
   * @returns the files' contents, in the order of `endings`.
   * @throws InputError when the format cannot hold this answer.
   */
  write(written: Written): readonly (string | Uint8Array)[] | Promise<readonly (string | Uint8Array)[]>;
}
