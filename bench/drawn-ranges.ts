import { observed, type Ranges, type Value } from '../src/graph/index.ts';
import { openSession } from '../src/runtime/node/index.ts';
import type { Tensor } from '../src/support/tensor.ts';

/** Ranges of a network's convolutions at one input. */
export async function rangesOf(
  output: Value,
  parameters: ReadonlyMap<string, Tensor>,
  x: Tensor,
): Promise<Ranges> {
  const { outputs, watched } = observed({ output }, () => true);
  const extremes = [...watched].flatMap(([name, { highest, lowest }]): [string, Value][] => [
    [`highest ${name}`, highest],
    ...(lowest ? [[`lowest ${name}`, lowest] as [string, Value]] : []),
  ]);
  const session = await openSession({ ...outputs, ...Object.fromEntries(extremes) }, { parameters });
  const found = await session.run({ x });
  await session.close();
  return new Map(
    [...watched].map(([name, { highest }]) => {
      const [batch, channels] = highest.shape as [number, number];
      const most = (of: string, c: number) =>
        Math.max(0, ...Array.from({ length: batch }, (_, n) => found[of]?.data[n * channels + c] ?? 0));
      const lowest = Array.from({ length: channels }, (_, c) => -most(`lowest ${name}`, c));
      const largest = Array.from({ length: channels }, (_, c) => most(`highest ${name}`, c));
      return [name, { shape: [2, channels], data: Float32Array.from([...lowest, ...largest]) }];
    }),
  );
}
