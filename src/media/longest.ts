import { sampleRate } from '../support/sound.ts';
import type { MediaItem } from './types.ts';

/**
 * Gives the items of a film on, until one lies further from its start than the film may be long.
 *
 * @param seconds the longest film.
 * @throws Error when it is longer.
 */
export async function* upTo<Result>(
  seconds: number,
  items: AsyncGenerator<MediaItem, Result, undefined>,
): AsyncGenerator<MediaItem, Result, undefined> {
  try {
    for (;;) {
      const next = await items.next();
      if (next.done) return next.value;
      if (endOf(next.value) > seconds) throw tooLong(seconds);
      yield next.value;
    }
  } finally {
    // left early, or too long; after its end this does nothing
    await items.return(undefined as Result);
  }
}

export function tooLong(seconds: number, declared?: number): Error {
  const length = declared === undefined ? '' : `, ${Math.ceil(declared)} s`;
  return new Error(`it is longer${length} than the ${seconds} s that a film may be`);
}

function endOf(item: MediaItem): number {
  return item.kind === 'frame'
    ? item.frame.time
    : (item.chunk.start + item.chunk.samples.length) / sampleRate;
}
