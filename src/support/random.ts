import { uniformFloat64 } from 'pure-rand/distribution/uniformFloat64';
import { uniformInt } from 'pure-rand/distribution/uniformInt';
import { xoroshiro128plus, xoroshiro128plusFromState } from 'pure-rand/generator/xoroshiro128plus';
import type { RandomGenerator } from 'pure-rand/types/RandomGenerator';

/** One seed from several numbers, such as a seed, an epoch and a step: other numbers give another seed. */
export function seedOf(...numbers: readonly number[]): number {
  return numbers.reduce((hash, number) => Math.imul(hash ^ number, 0x9e3779b1) ^ (hash >>> 15), 0x85ebca6b);
}

/** A seeded source of random numbers whose state can be saved and restored; the same seed gives the same numbers everywhere. */
export class Random {
  private readonly generator: RandomGenerator;

  private constructor(generator: RandomGenerator) {
    this.generator = generator;
  }

  static seeded(seed: number): Random {
    return new Random(xoroshiro128plus(seed | 0));
  }

  static restored(state: readonly number[]): Random {
    return new Random(xoroshiro128plusFromState(state));
  }

  /** Numbers that `Random.restored` continues from. */
  state(): readonly number[] {
    return this.generator.getState();
  }

  /** Uniform in [0, 1). */
  uniform(): number {
    return uniformFloat64(this.generator);
  }

  /** An integer from 0 to `below` − 1. */
  integer(below: number): number {
    return uniformInt(this.generator, 0, below - 1);
  }

  /** Standard normal (Box & Muller 1958). */
  normal(): number {
    const radius = Math.sqrt(-2 * Math.log(1 - this.uniform()));
    return radius * Math.cos(2 * Math.PI * this.uniform());
  }

  /** A new array with the items in random order (Fisher & Yates). */
  shuffled<T>(items: readonly T[]): T[] {
    const order = [...items];
    for (let i = order.length - 1; i > 0; i--) {
      const j = this.integer(i + 1);
      [order[i], order[j]] = [order[j]!, order[i]!];
    }
    return order;
  }
}
