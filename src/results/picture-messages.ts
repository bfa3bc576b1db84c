import type { FilmAffect } from '../affect/index.ts';
import type { Still } from './film-strip.ts';

/** What the thread that draws is given: a film's curves, and stills of it. */
export interface PictureRequest {
  readonly film: FilmAffect;
  readonly stills: readonly Still[];
}

/** The picture as PNG, whose bytes are moved, not copied; or why there is none. */
export type PictureReply = { readonly png: Uint8Array } | { readonly error: string };
