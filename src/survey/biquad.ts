/** Numerator and denominator of a second-order filter; the leading denominator is 1. */
export interface Coefficients {
  readonly b: readonly [number, number, number];
  readonly a: readonly [number, number];
}

/** A second-order filter that goes on where the last samples ended. */
export class Biquad {
  private readonly coefficients: Coefficients;
  private first = 0;
  private second = 0;

  constructor(coefficients: Coefficients) {
    this.coefficients = coefficients;
  }

  /** @param samples what follows the samples before. @returns as many, filtered. */
  apply(samples: Float32Array | Float64Array): Float64Array {
    const [b0, b1, b2] = this.coefficients.b;
    const [a1, a2] = this.coefficients.a;
    let { first, second } = this;
    const filtered = new Float64Array(samples.length);
    for (let i = 0; i < samples.length; i++) {
      const x = samples[i]!;
      const y = b0 * x + first;
      first = b1 * x - a1 * y + second;
      second = b2 * x - a2 * y;
      filtered[i] = y;
    }
    this.first = first;
    this.second = second;
    return filtered;
  }
}

/**
 * A Butterworth high-pass of second order, by the bilinear transform.
 *
 * @param frequency where it lets half the power pass, in Hz.
 */
export function highPass(frequency: number, sampleRate: number): Coefficients {
  const k = Math.tan((Math.PI * frequency) / sampleRate);
  const norm = 1 + Math.SQRT2 * k + k * k;
  return {
    b: [1 / norm, -2 / norm, 1 / norm],
    a: [(2 * (k * k - 1)) / norm, (1 - Math.SQRT2 * k + k * k) / norm],
  };
}
