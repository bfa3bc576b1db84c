import type { Value } from '../graph/index.ts';
import type { Runtime, Session } from '../runtime/index.ts';
import { InputError } from '../support/errors.ts';
import type { Tensor } from '../support/tensor.ts';

/** A network that looks at one picture, as read from a file. */
export interface FaceNetwork {
  /** Names the file in errors. */
  readonly title: string;
  open(runtime: Runtime): Promise<{
    readonly session: Session;
    /** Names and shapes, in the network's order. */
    readonly outputs: readonly { readonly name: string; readonly shape: readonly number[] }[];
  }>;
}

/** A network that is an expression. */
export function networkOf(
  title: string,
  {
    outputs,
    parameters,
  }: { readonly outputs: readonly Value[]; readonly parameters: ReadonlyMap<string, Tensor> },
): FaceNetwork {
  const named = outputs.map((value, i) => ({ name: `output${i}`, shape: value.shape, value }));
  return {
    title,
    open: async (runtime) => ({
      session: await runtime.open(
        Object.fromEntries(named.map(({ name, value }) => [name, value])),
        parameters,
      ),
      outputs: named,
    }),
  };
}

/** Such a network, ready to run. */
export interface OpenedNetwork {
  /** Planes of its picture: 1 or 3. */
  readonly channels: number;
  /** Of its picture, which is a square. */
  readonly side: number;
  /** Shapes of its outputs. */
  readonly outputs: readonly (readonly number[])[];
  /** @param picture planes of side × side. */
  run(picture: Float32Array): Promise<readonly Tensor[]>;
  close(): Promise<void>;
}

/** @throws InputError unless it takes one square picture, gray or in color. */
export async function openNetwork({ title, open }: FaceNetwork, runtime: Runtime): Promise<OpenedNetwork> {
  const { session, outputs } = await open(runtime);
  const [name, shape] = [...session.inputs][0] ?? ['', []];
  const planes = (count: number | undefined) => count === 1 || count === 3;
  const isLast = planes(shape[3]) && !planes(shape[1]);
  const [channels, height, width] = isLast ? [shape[3], shape[1], shape[2]] : shape.slice(1);
  if (
    session.inputs.size !== 1 ||
    shape[0] !== 1 ||
    shape.length !== 4 ||
    !planes(channels) ||
    height !== width
  ) {
    const taken = [...session.inputs.values()].map((own) => `[${own}]`).join(' and ');
    await session.close();
    throw new InputError(`${title}: takes ${taken}; one square picture expected, gray or in color`);
  }
  const side = height!;
  return {
    channels: channels!,
    side,
    outputs: outputs.map((output) => output.shape),
    run: async (picture) => {
      const data = isLast ? channelsLast(picture, channels!) : picture;
      const found = await session.run({ [name]: { shape, data } });
      return outputs.map((output) => found[output.name]!);
    },
    close: () => session.close(),
  };
}

function channelsLast(planes: Float32Array, channels: number): Float32Array {
  const area = planes.length / channels;
  return planes.map((_, i) => planes[(i % channels) * area + Math.floor(i / channels)]!);
}
