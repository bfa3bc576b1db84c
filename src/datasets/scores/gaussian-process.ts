import { CholeskyDecomposition, Matrix } from 'ml-matrix';
import { Random } from '../../support/random.ts';
import { minimize } from './minimize.ts';

/** covariance(x, x′) = signalVariance · exp(−(x − x′)² / (2 · lengthScale²)) + noiseVariance · [x is x′] */
export interface Kernel {
  readonly signalVariance: number;
  readonly lengthScale: number;
  /** How much a measured value scatters about the curve. */
  readonly noiseVariance: number;
}

/** What a Gaussian process says of a place. */
export interface Estimate {
  readonly mean: number;
  /** Variance of the curve itself; add `kernel.noiseVariance` for that of a new measurement. */
  readonly variance: number;
}

/**
 * Gaussian-process regression of y on one variable x, with a squared exponential covariance, Gaussian noise and
 * the mean of y as constant mean (Rasmussen & Williams 2006, algorithm 2.1).
 */
export class GaussianProcess {
  readonly kernel: Kernel;
  /** Natural logarithm of the probability density of y given x. */
  readonly logMarginalLikelihood: number;
  private readonly x: Float64Array;
  private readonly mean: number;
  private readonly factor: CholeskyDecomposition;
  private readonly weights: readonly number[];

  constructor(x: ArrayLike<number>, y: ArrayLike<number>, kernel: Kernel) {
    const { places, centered, mean } = checked(x, y);
    const solved = solve(places, centered, kernel);
    this.x = places;
    this.mean = mean;
    this.kernel = kernel;
    this.factor = solved.factor;
    this.weights = solved.weights;
    this.logMarginalLikelihood = solved.logMarginalLikelihood;
  }

  /**
   * The process whose kernel maximizes the marginal likelihood, the best of several ascents.
   *
   * @param restarts ascents from random kernels beside the one from a plausible kernel.
   */
  static fitted(
    x: ArrayLike<number>,
    y: ArrayLike<number>,
    { restarts = 4, seed = 0 }: { restarts?: number; seed?: number } = {},
  ): GaussianProcess {
    const { places, centered } = checked(x, y);
    const random = Random.seeded(seed);
    const range = Math.max(...places) - Math.min(...places) || 1;
    const variance = centered.reduce((sum, value) => sum + value * value, 0) / centered.length || 1;
    // Logarithms of the kernel in units of the data, so that one start and one pair of bounds fit all data.
    const kernelOf = ([signal, length, noise]: ArrayLike<number> & Iterable<number>): Kernel => ({
      signalVariance: variance * Math.exp(signal!),
      lengthScale: range * Math.exp(length!),
      noiseVariance: variance * Math.exp(noise!),
    });
    const starts = [[0, -1.5, -2]];
    for (let i = 0; i < restarts; i++)
      starts.push([6 * random.uniform() - 3, 6 * random.uniform() - 5, 8 * random.uniform() - 7]);
    let best: { place: Float64Array; value: number } | undefined;
    for (const start of starts) {
      const found = minimize((place) => negativeLikelihood(places, centered, kernelOf(place)), start, {
        lowest: -11,
        highest: 11,
        steps: 200,
      });
      if (!best || found.value < best.value) best = found;
    }
    return new GaussianProcess(x, y, kernelOf(best!.place));
  }

  /** The curve at a place. */
  at(x: number): Estimate {
    const covariances = this.x.map((place) => signal(x - place, this.kernel));
    const mean = covariances.reduce((sum, covariance, i) => sum + covariance * this.weights[i]!, this.mean);
    const solved = this.factor.solve(Matrix.columnVector(covariances)).to1DArray();
    const explained = covariances.reduce((sum, covariance, i) => sum + covariance * solved[i]!, 0);
    return { mean, variance: Math.max(0, this.kernel.signalVariance - explained) };
  }
}

function signal(distance: number, { signalVariance, lengthScale }: Kernel): number {
  return signalVariance * Math.exp(-0.5 * (distance / lengthScale) ** 2);
}

function checked(x: ArrayLike<number>, y: ArrayLike<number>) {
  if (x.length === 0 || x.length !== y.length)
    throw new TypeError(
      `${x.length} places and ${y.length} values: as many of both, and at least one, expected`,
    );
  const places = Float64Array.from(x);
  const values = Float64Array.from(y);
  if (!places.every(Number.isFinite) || !values.every(Number.isFinite))
    throw new TypeError('a place or value is not a finite number');
  const mean = values.reduce((sum, value) => sum + value, 0) / values.length;
  return { places, centered: values.map((value) => value - mean), mean };
}

function solve(x: Float64Array, y: Float64Array, kernel: Kernel) {
  const size = x.length;
  const covariance = Matrix.zeros(size, size);
  for (let i = 0; i < size; i++) {
    for (let j = 0; j < i; j++) {
      const value = signal(x[i]! - x[j]!, kernel);
      covariance.set(i, j, value);
      covariance.set(j, i, value);
    }
    covariance.set(i, i, kernel.signalVariance + kernel.noiseVariance);
  }
  const factor = new CholeskyDecomposition(covariance);
  if (!factor.isPositiveDefinite()) throw new RangeError('the covariance is numerically singular');
  const weights = factor.solve(Matrix.columnVector(y)).to1DArray();
  const logDeterminant = factor.lowerTriangularMatrix
    .diagonal()
    .reduce((sum, value) => sum + 2 * Math.log(value), 0);
  const fit = y.reduce((sum, value, i) => sum + value * weights[i]!, 0);
  const logMarginalLikelihood = -0.5 * (fit + logDeterminant + size * Math.log(2 * Math.PI));
  return { factor, weights, covariance, logMarginalLikelihood };
}

/** −log marginal likelihood and its gradient by the logarithms of the kernel's numbers (equation 5.9). */
function negativeLikelihood(x: Float64Array, y: Float64Array, kernel: Kernel) {
  let solved: ReturnType<typeof solve>;
  try {
    solved = solve(x, y, kernel);
  } catch {
    return { value: Infinity, gradient: new Float64Array(3) }; // numerically singular: too little noise
  }
  const { weights, factor, covariance } = solved;
  const size = x.length;
  const inverse = factor.solve(Matrix.eye(size));
  const gradient = new Float64Array(3);
  for (let i = 0; i < size; i++) {
    gradient[2]! += 0.5 * (inverse.get(i, i) - weights[i]! ** 2) * kernel.noiseVariance;
    for (let j = 0; j < size; j++) {
      const slope = 0.5 * (inverse.get(i, j) - weights[i]! * weights[j]!);
      const shared = i === j ? kernel.signalVariance : covariance.get(i, j);
      gradient[0]! += slope * shared;
      gradient[1]! += slope * shared * ((x[i]! - x[j]!) / kernel.lengthScale) ** 2;
    }
  }
  return { value: -solved.logMarginalLikelihood, gradient };
}
