type Dimension = 'valence' | 'arousal';

export interface Agreement {
  /** Mean squared error. */
  readonly error: number;
  /** The same as a share of the labels' variance: 1 for their own mean. */
  readonly relativeError: number;
  /** Pearson's r; 0 where one side is constant. */
  readonly r: number;
}

/** How well predictions agree with labels in one dimension: what training watches. `evaluation/` has the rest. */
export function agreement(
  predictions: readonly Readonly<Record<Dimension, number>>[],
  labels: readonly Readonly<Record<Dimension, number>>[],
  dimension: Dimension,
): Agreement {
  const count = labels.length;
  const p = predictions.map((prediction) => prediction[dimension]);
  const l = labels.map((label) => label[dimension]);
  const mean = (values: readonly number[]) => values.reduce((sum, value) => sum + value, 0) / count;
  const product = (a: readonly number[], b: readonly number[]) => {
    const [meanA, meanB] = [mean(a), mean(b)];
    return a.reduce((sum, value, i) => sum + (value - meanA) * (b[i]! - meanB), 0) / count;
  };
  const error = mean(p.map((value, i) => (value - l[i]!) ** 2));
  const variance = product(l, l);
  const spread = Math.sqrt(product(p, p) * variance);
  return {
    error,
    relativeError: variance > 0 ? error / variance : error,
    r: spread > 0 ? product(p, l) / spread : 0,
  };
}
