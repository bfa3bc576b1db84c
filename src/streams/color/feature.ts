/**
 * A number that is said of a picture, with about its mean and its standard deviation over the 900 photographs of OASIS
 * (Kurdi, Lozano & Banaji 2017), which bring it near to 0 ± 1.
 */
export interface ColorFeature {
  readonly name: string;
  readonly usual: number;
  readonly deviation: number;
}

export function feature(name: string, usual: number, deviation: number): ColorFeature {
  return { name, usual, deviation };
}

/** Shares of a picture that are near to each of some values. */
export function shareFeatures(of: string, values: readonly number[]): ColorFeature[] {
  return values.map((value) => feature(`${of}Share${value}`, 1 / values.length, 1 / values.length));
}

/** Gathers, pixel by pixel, what features are said of. */
export interface ColorSums {
  /** A pixel; red, green and blue 0 … 1, in steps of 1/255. */
  add(red: number, green: number, blue: number): void;
  /** The features of all pixels so far, at least one. */
  values(): number[];
}

/** Mean and standard deviation of numbers around 1. */
export class Sum {
  private count = 0;
  private sum = 0;
  private squares = 0;

  add(value: number): void {
    this.count++;
    this.sum += value;
    this.squares += value * value;
  }

  get mean(): number {
    return this.sum / this.count;
  }

  get deviation(): number {
    return Math.sqrt(Math.max(0, this.squares / this.count - this.mean ** 2));
  }
}
