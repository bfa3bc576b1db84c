import { lower, type Value } from '../graph/index.ts';
import type { Runtime, Session } from '../runtime/index.ts';
import { InputError } from '../support/errors.ts';
import type { Tensor } from '../support/tensor.ts';

/** A network that looks at one picture, as read from a file. */
export interface FaceNetwork {
  /** Names the file in errors. */
  readonly title: string;
  readonly outputs: readonly Value[];
  readonly parameters: ReadonlyMap<string, Tensor>;
}

/** Such a network, ready to run. */
export interface OpenedNetwork {
  /** [channels, height, width] of its input. */
  readonly shape: readonly [number, number, number];
  run(picture: Float32Array): Promise<readonly Tensor[]>;
  close(): Promise<void>;
}

/** @throws InputError unless it takes one square picture. */
export async function openNetwork(
  { title, outputs, parameters }: FaceNetwork,
  runtime: Runtime,
): Promise<OpenedNetwork> {
  const named = Object.fromEntries(outputs.map((output, i): [string, Value] => [`output${i}`, output]));
  const { inputs } = lower(named, parameters);
  const [[name, shape]] = [...inputs] as [[string, readonly number[]]];
  const [count, channels, height, width] = shape;
  if (inputs.size !== 1 || shape.length !== 4 || count !== 1 || height !== width)
    throw new InputError(
      `${title}: takes ${[...inputs.values()].map(String).join(' and ')}, not one square picture`,
    );
  const session: Session = await runtime.open(named, parameters);
  return {
    shape: [channels!, height!, width!],
    run: async (data) => {
      const found = await session.run({ [name]: { shape, data } });
      return outputs.map((_, i) => found[`output${i}`]!);
    },
    close: () => session.close(),
  };
}
