import { observed, type Ranges } from '../graph/index.ts';
import type { Tensor } from '../support/tensor.ts';
import type { Runtime } from './runtime.ts';

/** A runtime that computes as another one does, and what it has seen of the networks. */
export interface Observing {
  readonly runtime: Runtime;
  /** Of all runs so far. */
  ranges(): Ranges;
}

/**
 * Watches networks while they run in float32, for what computing them in bytes has to know (`Runtime.open`).
 *
 * @param computing what runs them. Its sessions also compute the extremes of each map.
 */
export function observing(computing: Runtime): Observing {
  const seen = new Map<string, Extremes>();
  return {
    runtime: {
      async open(outputs, parameters) {
        const { outputs: forms, watched } = observed(outputs, () => true);
        const extra = [...watched].flatMap(([name, { highest, lowest }]) => [
          [highestOf(name), highest] as const,
          ...(lowest ? [[lowestOf(name), lowest] as const] : []),
        ]);
        const session = await computing.open({ ...forms, ...Object.fromEntries(extra) }, parameters);
        return {
          inputs: session.inputs,
          async run(feeds, lending) {
            const results = await session.run(feeds, lending);
            for (const [name, { highest }] of watched) {
              const extremes = seen.get(name) ?? new Extremes(highest.shape[1]!);
              seen.set(name, extremes);
              extremes.add(results[highestOf(name)]!, results[lowestOf(name)]);
            }
            return Object.fromEntries(Object.keys(outputs).map((name) => [name, results[name]!]));
          },
          close: () => session.close(),
        };
      },
    },
    ranges: () => new Map([...seen].map(([name, extremes]) => [name, extremes.range()])),
  };
}

const highestOf = (name: string) => `highest of ${name}`;
const lowestOf = (name: string) => `lowest of ${name}`;

/** Lowest and highest of each channel, which both hold 0. */
class Extremes {
  private readonly lowest: Float32Array;
  private readonly highest: Float32Array;

  constructor(channels: number) {
    this.lowest = new Float32Array(channels);
    this.highest = new Float32Array(channels);
  }

  /** @param lowest with the sign changed. */
  add(highest: Tensor, lowest: Tensor | undefined): void {
    const channels = this.highest.length;
    for (const [i, value] of highest.data.entries())
      this.highest[i % channels] = Math.max(this.highest[i % channels]!, value);
    for (const [i, value] of lowest?.data.entries() ?? [])
      this.lowest[i % channels] = Math.min(this.lowest[i % channels]!, -value);
  }

  range(): Tensor {
    const { lowest, highest } = this;
    return { shape: [2, highest.length], data: Float32Array.from([...lowest, ...highest]) };
  }
}
