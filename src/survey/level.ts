import { Biquad, highPass } from './biquad.ts';

/** The loudness that a film's sound is brought to, in LUFS: the level of broadcasting (EBU R 128). */
export const targetLoudness = -23;
/** What is not sound but an offset or rumble lies below, in Hz. */
const lowestFrequency = 20;
/** A film is never made louder by more than this, in dB: what is quieter than that is hardly more than noise. */
const largestGain = 36;

/**
 * The factor that brings a film to the common level; its own dynamics stay.
 *
 * @param loudness the film's integrated loudness in LUFS; undefined for silence, which stays as it is.
 */
export function gainFor(loudness: number | undefined): number {
  return loudness === undefined ? 1 : 10 ** (Math.min(largestGain, targetLoudness - loudness) / 20);
}

/** Takes away what lies below hearing: an offset, rumble. Goes on where the last samples ended. */
export class LowCut {
  private readonly filter: Biquad;

  constructor(sampleRate: number) {
    this.filter = new Biquad(highPass(lowestFrequency, sampleRate));
  }

  apply(samples: Float32Array): Float32Array {
    return samples.map((sample) => this.filter.next(sample));
  }
}
