import { Biquad, highPass } from './biquad.ts';

/** The loudness that a film's sound is brought to, in LUFS: the level of broadcasting (EBU R 128). */
export const targetLoudness = -23 as const;
/** What is not sound but an offset or rumble lies below, in Hz. */
export const lowestFrequency = 20 as const;
/** A film is never made louder by more than this, in dB: what is quieter than that is hardly more than noise. */
const largestGain = 40;

/**
 * The factor that brings a film to the common level; its own dynamics stay.
 *
 * @param loudness the film's integrated loudness in LUFS; undefined for silence, which stays as it is.
 */
export function gainFor(loudness: number | undefined): number {
  return loudness === undefined ? 1 : 10 ** (Math.min(largestGain, targetLoudness - loudness) / 20);
}

/**
 * The loudness of several pieces of one film together, as if they followed each other: the mean of their power by their
 * length, without what is silent or 10 LU quieter than the rest (the gates of EBU R 128, piece by piece).
 */
export function jointLoudness(
  pieces: readonly { readonly loudness: number | undefined; readonly seconds: number }[],
): number | undefined {
  const audible = pieces.flatMap(({ loudness, seconds }) =>
    loudness === undefined ? [] : { loudness, seconds },
  );
  if (audible.length === 0) return undefined;
  const gate = meanLoudness(audible) - 10;
  return meanLoudness(audible.filter(({ loudness }) => loudness > gate));
}

function meanLoudness(pieces: readonly { readonly loudness: number; readonly seconds: number }[]): number {
  const length = pieces.reduce((sum, { seconds }) => sum + seconds, 0);
  const power = pieces.reduce((sum, { loudness, seconds }) => sum + seconds * 10 ** (loudness / 10), 0);
  return 10 * Math.log10(power / length);
}

/** Takes away what lies below hearing: an offset, rumble. Goes on where the last samples ended. */
export class LowCut {
  private readonly filter: Biquad;

  constructor(sampleRate: number) {
    this.filter = new Biquad(highPass(lowestFrequency, sampleRate));
  }

  apply(samples: Float32Array): Float32Array {
    return new Float32Array(this.filter.apply(samples));
  }
}
