import { type MediaOptions, openMedia } from '../media/index.ts';
import { sampleRate } from '../support/sound.ts';

/** The two numbers that say most of arousal in real films (docs/real-films.md), second by second. */
export interface FilmSignals {
  /** The middle of each second. */
  readonly times: Float64Array;
  /** Root mean square of the sound, linear; 0 where there is none. */
  readonly loudness: Float64Array;
  /** Mean absolute difference of gray from frame to frame, of 1. */
  readonly change: Float64Array;
}

/** Enough to see change; small, so that noise and compression do not count. */
const shortSide = 64;

/** Reads a film once. @throws InputError naming the file and what is wrong with it. */
export async function filmSignals(
  path: string,
  options: Pick<MediaOptions, 'decoder' | 'threads' | 'signal'> = {},
): Promise<FilmSignals> {
  const energy: number[] = [];
  const changes: number[] = [];
  const pairs: number[] = [];
  let previous: Uint8Array | undefined;
  const add = (sums: number[], second: number, value: number) => {
    sums[second] = (sums[second] ?? 0) + value;
  };
  const media = await openMedia(path, { ...options, shortSide: shortSide, rgbEvery: 0 });
  try {
    for await (const item of media) {
      if (item.kind === 'audio') {
        const { start, samples } = item.chunk;
        samples.forEach((sample, i) => {
          add(energy, Math.floor((start + i) / sampleRate), sample * sample);
        });
        continue;
      }
      const { gray, time } = item.frame;
      if (previous?.length === gray.length) {
        let difference = 0;
        for (let i = 0; i < gray.length; i++) difference += Math.abs(gray[i]! - previous[i]!);
        add(changes, Math.floor(time), difference / gray.length / 255);
        add(pairs, Math.floor(time), 1);
      }
      previous = gray;
    }
  } finally {
    await media.close();
  }
  const length = Math.max(energy.length, changes.length);
  const each = (value: (second: number) => number) =>
    Float64Array.from({ length }, (_, second) => value(second));
  return {
    times: each((second) => second + 0.5),
    loudness: each((second) => Math.sqrt((energy[second] ?? 0) / sampleRate)),
    change: each((second) => (changes[second] ?? 0) / (pairs[second] ?? 1)),
  };
}
