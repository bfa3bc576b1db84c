import { mean } from '../affect/index.ts';
import { grouped } from '../support/grouped.ts';
import { Random } from '../support/random.ts';

/**
 * The x that minimises |matrix · x − y|² + penalty · |x|², by Gaussian elimination on the normal equations.
 *
 * @param rows the matrix, row by row.
 */
export function leastSquares(
  rows: readonly (readonly number[])[],
  y: readonly number[],
  penalty: number,
): number[] {
  const width = rows[0]!.length;
  const system = Array.from({ length: width }, (_, i) => {
    const line = new Float64Array(width + 1);
    rows.forEach((row, k) => {
      for (let j = 0; j < width; j++) line[j]! += row[i]! * row[j]!;
      line[width]! += row[i]! * y[k]!;
    });
    line[i]! += penalty;
    return line;
  });
  return solved(system);
}

/** Gauss–Jordan with partial pivoting; each line is a row of the matrix followed by its right side. */
function solved(lines: Float64Array[]): number[] {
  const width = lines.length;
  for (let i = 0; i < width; i++) {
    let pivot = i;
    for (let k = i + 1; k < width; k++) if (Math.abs(lines[k]![i]!) > Math.abs(lines[pivot]![i]!)) pivot = k;
    [lines[i], lines[pivot]] = [lines[pivot]!, lines[i]!];
    const line = lines[i]!;
    if (line[i] === 0)
      throw new RangeError('the equations have no single solution; a penalty above 0 gives one');
    for (let k = 0; k < width; k++) {
      const factor = lines[k]![i]! / line[i]!;
      if (k !== i && factor !== 0) for (let j = i; j <= width; j++) lines[k]![j]! -= factor * line[j]!;
    }
  }
  return lines.map((line, i) => line[width]! / line[i]!);
}

/** Linear regression on standardised features, with a penalty on the size of its weights. */
export interface Ridge {
  readonly penalty: number;
  predict(features: readonly number[]): number;
}

const PENALTIES = [0.01, 0.1, 1, 10, 100, 1000, 10_000];

/** Ridge regression with a given penalty; the intercept is not penalised. */
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
  const standardised = (row: readonly number[]) =>
    row.map((value, j) => (value - means[j]!) / deviations[j]!);
  const intercept = mean(labels);
  const weights = leastSquares(
    features.map(standardised),
    labels.map((label) => label - intercept),
    penalty,
  );
  return {
    penalty,
    predict: (row) => standardised(row).reduce((sum, value, j) => sum + value * weights[j]!, intercept),
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
  const errors = PENALTIES.map(error);
  const best = errors.indexOf(Math.min(...errors));
  return ridge(features, labels, PENALTIES[best]!);
}
