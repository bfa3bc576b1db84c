import { Matrix, solve } from 'ml-matrix';

/**
 * The weights, none below 0 and 1 together, by which the weighted mean of several predictions has the lowest squared error
 * (Breiman, "Stacked regressions", 1996, with weights that sum to 1). Of predictions that are alike each has an equal part.
 *
 * @param predictions of each predictor, for all clips; at most twelve predictors, for every choice of them is tried.
 * @param labels at least one.
 */
export function stackedWeights(
  predictions: readonly (readonly number[])[],
  labels: readonly number[],
): number[] {
  if (predictions.length > 12 || labels.length === 0)
    throw new TypeError(`${predictions.length} predictors of ${labels.length} clips`);
  // with weights that sum to 1 the error is the weighted mean of the errors: wᵀ G w of their mean products G
  const errors = predictions.map((of) => of.map((value, i) => value - labels[i]!));
  const products = errors.map((a) =>
    errors.map((b) => a.reduce((sum, value, i) => sum + value * b[i]!, 0) / labels.length),
  );
  const scale = Math.max(...products.map((row, i) => row[i]!));
  // hardly anything, so that equal predictors have a single solution
  for (const [i, row] of products.entries()) row[i]! += 1e-9 * scale || 1;
  const all = predictions.map((_, i) => i);
  let [best, lowest] = [all.map(() => 0), Number.POSITIVE_INFINITY];
  for (let choice = 1; choice < 2 ** all.length; choice++) {
    const chosen = all.filter((i) => (choice >> i) & 1);
    const own = leastWithin(chosen.map((i) => chosen.map((j) => products[i]![j]!)));
    if (own.some((weight) => weight < 0)) continue;
    const weights = all.map((i) => own[chosen.indexOf(i)] ?? 0);
    const error = weights.reduce(
      (sum, a, i) => sum + a * weights.reduce((row, b, j) => row + b * products[i]![j]!, 0),
      0,
    );
    if (error < lowest) [best, lowest] = [weights, error];
  }
  return best;
}

/** The w of sum 1 with the lowest wᵀ G w, whatever its signs: G⁻¹ 1, scaled. */
function leastWithin(products: readonly (readonly number[])[]): number[] {
  const ones = Matrix.ones(products.length, 1);
  const solution = solve(new Matrix(products as number[][]), ones).to1DArray();
  const sum = solution.reduce((total, value) => total + value, 0);
  return solution.map((value) => value / sum);
}
