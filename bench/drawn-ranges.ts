import type { Ranges, Value } from '../src/graph/index.ts';
import { observing } from '../src/runtime/index.ts';
import { nodeRuntime } from '../src/runtime/node/index.ts';
import type { Tensor } from '../src/support/tensor.ts';

/** Ranges of a network's convolutions at one input. */
export async function rangesOf(
  output: Value,
  parameters: ReadonlyMap<string, Tensor>,
  x: Tensor,
): Promise<Ranges> {
  const { runtime, ranges } = observing(nodeRuntime());
  const session = await runtime.open({ output }, parameters);
  await session.run({ x });
  await session.close();
  return ranges();
}
