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

  next(x: number): number {
    const { b, a } = this.coefficients;
    const y = b[0] * x + this.first;
    this.first = b[1] * x - a[0] * y + this.second;
    this.second = b[2] * x - a[1] * y;
    return y;
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
