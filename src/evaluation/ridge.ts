import { LuDecomposition, Matrix } from 'ml-matrix';
import { mean } from '../affect/index.ts';
import { grouped } from '../support/grouped.ts';
import { Random } from '../support/random.ts';

/**
 * The x that minimizes |matrix · x − y|² + penalty · |x|², from the normal equations.
 *
 * @param rows the matrix, row by row.
 * @throws RangeError when there is no single solution.
 */
export function leastSquares(
  rows: readonly (readonly number[])[],
  y: readonly number[],
  penalty: number,
): number[] {
  const matrix = new Matrix(rows as number[][]);
  const transposed = matrix.transpose();
  const normal = transposed.mmul(matrix);
  for (let i = 0; i < normal.rows; i++) normal.set(i, i, normal.get(i, i) + penalty);
  const factor = new LuDecomposition(normal);
  if (factor.isSingular())
    throw new RangeError('the equations have no single solution; a penalty above 0 gives one');
  return factor.solve(transposed.mmul(Matrix.columnVector(y as number[]))).to1DArray();
}

/** Linear regression on standardized features, with a penalty on the size of its weights. */
export interface Ridge {
  readonly penalty: number;
  predict(features: readonly number[]): number;
}

const penalties = [0.01, 0.1, 1, 10, 100, 1000, 10_000];

/** Ridge regression with a given penalty; the intercept is not penalized. */
export function ridge(
  features: readonly (readonly number[])[],
  labels: readonly number[],
  penalty: number,
): Ridge {
  const columns = features[0]!.map((_, j) => features.map((row) => row[j]!));
  const means = columns.map(mean);
  const deviations = columns.map(
    (column, j) => Math.sqrt(mean(column.map((value) => (value - means[j]!) ** 2))) || 1,
  );
  const standardized = (row: readonly number[]) =>
    row.map((value, j) => (value - means[j]!) / deviations[j]!);
  const intercept = mean(labels);
  const weights = leastSquares(
    features.map(standardized),
    labels.map((label) => label - intercept),
    penalty,
  );
  return {
    penalty,
    predict: (row) => standardized(row).reduce((sum, value, j) => sum + value * weights[j]!, intercept),
  };
}

/** Ridge regression whose penalty has the lowest squared error on films that were left out, in five folds. */
export function crossValidatedRidge(
  features: readonly (readonly number[])[],
  labels: readonly number[],
  films: readonly string[],
  seed: number,
): Ridge {
  const order = Random.seeded(seed).shuffled([...new Set(films)]);
  const foldOf = new Map(order.map((film, i) => [film, i % 5]));
  const folds = grouped(
    films.map((_, i) => i),
    (i) => foldOf.get(films[i]!)!,
  );
  const error = (penalty: number) => {
    let sum = 0;
    for (const [fold, left] of folds) {
      const kept = films.map((_, i) => i).filter((i) => foldOf.get(films[i]!) !== fold);
      if (kept.length === 0) continue;
      const model = ridge(
        kept.map((i) => features[i]!),
        kept.map((i) => labels[i]!),
        penalty,
      );
      for (const i of left) sum += (model.predict(features[i]!) - labels[i]!) ** 2;
    }
    return sum;
  };
  const errors = penalties.map(error);
  const best = errors.indexOf(Math.min(...errors));
  return ridge(features, labels, penalties[best]!);
}
