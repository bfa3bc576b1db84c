import { bestLag, movedBack } from './lag.ts';
import { mean, metricsOf } from './metrics.ts';

/** How well raters of one film agree, over the moments that all of them rated. */
export interface Agreement {
  readonly raters: number;
  readonly moments: number;
  /** Mean of Pearson's r over all pairs. */
  readonly r: number;
  /** Mean concordance correlation over all pairs. */
  readonly ccc: number;
  /** Two-way random effects, absolute agreement: of a single rater, ICC(2,1) of Shrout & Fleiss 1979. */
  readonly iccSingle: number;
  /** And of the mean of all, ICC(2,k): how well another such group would agree with this one. */
  readonly iccMean: number;
}

/**
 * @param raters the values of each at the same moments; NaN where one did not rate.
 * @returns NaN where a number is undefined, as with fewer than two raters.
 */
export function agreementOf(raters: readonly ArrayLike<number>[]): Agreement {
  const k = raters.length;
  const moments = Array.from({ length: raters[0]?.length ?? 0 }, (_, i) => i).filter((i) =>
    raters.every((values) => !Number.isNaN(values[i]!)),
  );
  const n = moments.length;
  const rows = raters.map((values) => moments.map((i) => values[i]!));
  if (k < 2 || n < 2)
    return {
      raters: k,
      moments: n,
      r: Number.NaN,
      ccc: Number.NaN,
      iccSingle: Number.NaN,
      iccMean: Number.NaN,
    };
  const pairs = rows.flatMap((a, i) => rows.slice(i + 1).map((b) => metricsOf(a, b)));
  const ofRater = rows.map(mean);
  const ofMoment = moments.map((_, i) => mean(rows.map((row) => row[i]!)));
  const all = mean(ofRater);
  const between = (k * sum(ofMoment.map((value) => (value - all) ** 2))) / (n - 1);
  const judges = (n * sum(ofRater.map((value) => (value - all) ** 2))) / (k - 1);
  const residuals = rows.flatMap((row, j) =>
    row.map((value, i) => (value - ofMoment[i]! - ofRater[j]! + all) ** 2),
  );
  const error = sum(residuals) / ((n - 1) * (k - 1));
  return {
    raters: k,
    moments: n,
    r: mean(pairs.map(({ r }) => r)),
    ccc: mean(pairs.map(({ ccc }) => ccc)),
    iccSingle: (between - error) / (between + (k - 1) * error + (k * (judges - error)) / n),
    iccMean: (between - error) / (between + (judges - error) / n),
  };
}

/**
 * Raters moved against each other until each agrees best with the mean of the others (two rounds), so that quick and
 * slow hands meet. What all of them trail the film by stays: only a signal of the film can tell that (`bestLag`).
 *
 * @returns the moved values, and by how many seconds each trailed; the lags' mean is 0.
 */
export function alignedRaters(
  raters: readonly ArrayLike<number>[],
  step: number,
  longest = 8,
): { readonly raters: Float64Array[]; readonly lags: number[] } {
  const total = raters.map(() => 0);
  let moved: Float64Array[] = raters.map((values) => Float64Array.from(values));
  for (let round = 0; round < 2; round++) {
    const lags = moved.map((values, j) => {
      const others = moved.filter((_, i) => i !== j);
      return bestLag(meanOfRaters(others), values, step, -longest, longest).seconds;
    });
    const center = mean(lags);
    lags.forEach((lag, j) => {
      total[j]! += Math.round((lag - center) / step) * step;
    });
    moved = raters.map((values, j) => movedBack(values, Math.round(total[j]! / step)));
  }
  return { raters: moved, lags: total };
}

/** The mean over those who rated a moment; NaN where nobody did. */
export function meanOfRaters(raters: readonly ArrayLike<number>[]): Float64Array {
  return Float64Array.from({ length: raters[0]?.length ?? 0 }, (_, i) =>
    mean(raters.map((values) => values[i]!).filter((value) => !Number.isNaN(value))),
  );
}

const sum = (values: readonly number[]) => values.reduce((total, value) => total + value, 0);
