import type { Affect } from '../affect/index.ts';

/** What a stretch of film, from `begin` to `end` in seconds, adds to valence and arousal. */
export interface Moment extends Affect {
  begin: number;
  end: number;
}

type Integral = readonly [seconds: number, valence: number, arousal: number];

/**
 * What one stream adds to valence and arousal, moment by moment. The network's last layers are linear after an average,
 * so the answer for any stretch of film is a bias plus the means of these over that stretch.
 */
export class Track {
  private readonly moments: readonly Moment[];
  /** Up to the beginning of each moment: seconds covered, and the integrals of valence and arousal over them. */
  private readonly integrals: Integral[] = [[0, 0, 0]];

  /** @param moments in order and without overlap. */
  constructor(moments: readonly Moment[]) {
    this.moments = moments;
    for (const moment of moments) {
      this.integrals.push(advance(this.integrals.at(-1)!, moment, moment.end - moment.begin));
    }
  }

  get length(): number {
    return this.moments.length;
  }

  /** Over all moments alike, as the network takes a clip; zero when there are none. */
  mean(): Affect {
    const sum = { valence: 0, arousal: 0 };
    for (const { valence, arousal } of this.moments) {
      sum.valence += valence;
      sum.arousal += arousal;
    }
    const count = Math.max(this.length, 1);
    return { valence: sum.valence / count, arousal: sum.arousal / count };
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
      if (this.moments[middle]!.end > time) high = middle;
      else low = middle + 1;
    }
    const before = this.integrals[low]!;
    const moment = this.moments[low];
    return moment && moment.begin < time ? advance(before, moment, time - moment.begin) : before;
  }
}

function advance(integral: Integral, { valence, arousal }: Affect, seconds: number): Integral {
  return [integral[0] + seconds, integral[1] + seconds * valence, integral[2] + seconds * arousal];
}
