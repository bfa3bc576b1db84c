import { metricsOf } from './metrics.ts';

/** How far ratings trail what they are about. */
export interface Lag {
  /** Seconds that the ratings come later than the signal; below 0 when earlier. */
  readonly seconds: number;
  /** Pearson's r when the ratings are moved back by so much. */
  readonly r: number;
  /** Pearson's r as they are. */
  readonly rUnmoved: number;
}

/**
 * The lag, in whole samples, at which ratings agree best with a signal: the highest r of signal(t) and ratings(t + lag)
 * over the moments that both have. People trail a film by 2 to 8 s (Mariooryad & Busso 2015).
 *
 * @param signal and ratings at the same moments; NaN where there is none.
 * @param step seconds from one moment to the next.
 * @param lowest and highest lag tried, in seconds.
 */
export function bestLag(
  signal: ArrayLike<number>,
  ratings: ArrayLike<number>,
  step: number,
  lowest = 0,
  highest = 8,
): Lag {
  if (signal.length !== ratings.length)
    throw new TypeError(`${signal.length} moments of the signal and ${ratings.length} of the ratings`);
  let best = { samples: 0, r: Number.NEGATIVE_INFINITY };
  for (let samples = Math.ceil(lowest / step); samples <= Math.floor(highest / step + 1e-9); samples++) {
    const r = rAt(signal, ratings, samples);
    if (r > best.r) best = { samples, r };
  }
  const rUnmoved = rAt(signal, ratings, 0);
  return best.r === Number.NEGATIVE_INFINITY
    ? { seconds: 0, r: Number.NaN, rUnmoved }
    : { seconds: best.samples * step, r: best.r, rUnmoved };
}

/** Ratings moved back by a number of samples; NaN where they end or have not begun. */
export function movedBack(ratings: ArrayLike<number>, samples: number): Float64Array {
  return Float64Array.from({ length: ratings.length }, (_, i) => ratings[i + samples] ?? Number.NaN);
}

function rAt(signal: ArrayLike<number>, ratings: ArrayLike<number>, samples: number): number {
  const [a, b]: [number[], number[]] = [[], []];
  for (let i = Math.max(0, -samples); i < signal.length && i + samples < ratings.length; i++) {
    const [x, y] = [signal[i]!, ratings[i + samples]!];
    if (Number.isNaN(x) || Number.isNaN(y)) continue;
    a.push(x);
    b.push(y);
  }
  return a.length < 2 ? Number.NaN : metricsOf(a, b).r;
}
