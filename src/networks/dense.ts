import { relu, type Value } from '../graph/index.ts';
import { convolutionLayer, type Layers } from './layers.ts';

/**
 * Fully connected layers, a ReLU behind each, of numbers that have no place; parameters `dense1.weight`, `dense1.bias` and
 * so on.
 *
 * @param x [N, numbers, 1, 1].
 * @param channels of each layer; the last is what comes out.
 * @returns [N, C, 1, 1].
 */
export function dense(x: Value, layers: Layers, channels: readonly number[]): Value {
  return channels.reduce(
    (y, count, i) => relu(convolutionLayer(y, layers, `dense${i + 1}`, { channels: count, kernel: 1 })),
    x,
  );
}
