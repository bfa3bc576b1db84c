import type { Affect } from '../affect/index.ts';

/** What a stretch of film, from `begin` to `end` in seconds, adds to valence and arousal. */
export interface ContributionMoment extends Affect {
  begin: number;
  end: number;
}

type Integral = readonly [seconds: number, valence: number, arousal: number];

/**
 * What one stream adds to valence and arousal, moment by moment. The network's last layers are linear after an average,
 * so the answer for any stretch of film is a bias plus the means of these over that stretch.
 */
export class Contribution {
  readonly length: number;
  private readonly begins: Float64Array;
  private readonly ends: Float64Array;
  private readonly valences: Float64Array;
  private readonly arousals: Float64Array;
  /** Up to the beginning of each moment: seconds covered, and the integrals of valence and arousal over them. */
  private readonly integrals: Float64Array;
  private readonly sum: Affect = { valence: 0, arousal: 0 };

  /** @param moments in order and without overlap. */
  constructor(moments: readonly ContributionMoment[]) {
    this.length = moments.length;
    this.begins = Float64Array.from(moments, ({ begin }) => begin);
    this.ends = Float64Array.from(moments, ({ end }) => end);
    this.valences = Float64Array.from(moments, ({ valence }) => valence);
    this.arousals = Float64Array.from(moments, ({ arousal }) => arousal);
    this.integrals = new Float64Array(3 * (moments.length + 1));
    for (const [index, { begin, end, valence, arousal }] of moments.entries()) {
      this.integrals.set(this.advanced(index, end - begin), 3 * (index + 1));
      this.sum.valence += valence;
      this.sum.arousal += arousal;
    }
  }

  /** Over all moments alike, as the network takes a clip; zero when there are none. */
  mean(): Affect {
    const count = Math.max(this.length, 1);
    return { valence: this.sum.valence / count, arousal: this.sum.arousal / count };
  }

  /** Over a stretch of time, each moment by how much of it lies within; zero when none does. */
  meanWithin(from: number, to: number): Affect {
    const [start, end] = [this.integralTo(from), this.integralTo(to)];
    const seconds = end[0] - start[0];
    if (seconds <= 1e-9) return { valence: 0, arousal: 0 };
    return { valence: (end[1] - start[1]) / seconds, arousal: (end[2] - start[2]) / seconds };
  }

  private integralTo(time: number): Integral {
    // the first moment that ends after this time
    let low = 0;
    let high = this.length;
    while (low < high) {
      const middle = (low + high) >> 1;
      if (this.ends[middle]! > time) high = middle;
      else low = middle + 1;
    }
    return low < this.length && this.begins[low]! < time
      ? this.advanced(low, time - this.begins[low]!)
      : this.integralAt(low);
  }

  /** Some seconds into a moment. */
  private advanced(index: number, seconds: number): Integral {
    const [before, valence, arousal] = this.integralAt(index);
    return [
      before + seconds,
      valence + seconds * this.valences[index]!,
      arousal + seconds * this.arousals[index]!,
    ];
  }

  private integralAt(index: number): Integral {
    return [this.integrals[3 * index]!, this.integrals[3 * index + 1]!, this.integrals[3 * index + 2]!];
  }
}
