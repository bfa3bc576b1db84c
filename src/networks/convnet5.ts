import { maxPool, relu, type Value } from '../graph/index.ts';
import { convolutionLayer, type Layers } from './layers.ts';

/** Sizes of the five-layer ConvNet. */
export interface Convnet5Sizes {
  first: { kernel: number; stride: number; padding: number };
  /** Of the five convolutions. */
  channels: readonly [number, number, number, number, number];
}

/**
 * The five-layer ConvNet of the flow stream: AlexNet's convolutions (Krizhevsky 2014), with torchvision's names.
 *
 * @param x flow as pictures [N, 3, side, side]: (u, v, |w|), scaled and normalized as ImageNet's.
 * @returns [N, C, 6, 6]; C is the last of the channels, 256 in the paper's size.
 */
export function convnet5(x: Value, layers: Layers, { first, channels }: Convnet5Sizes): Value {
  const convolve = (from: Value, index: number, count: number, kernel: number, padding: number, stride = 1) =>
    relu(convolutionLayer(from, layers, `features.${index}`, { channels: count, kernel, padding, stride }));
  const halve = (from: Value) => maxPool(from, { kernel: 3, stride: 2 });

  let y = halve(convolve(x, 0, channels[0], first.kernel, first.padding, first.stride));
  y = halve(convolve(y, 3, channels[1], 5, 2));
  y = convolve(y, 6, channels[2], 3, 1);
  y = convolve(y, 8, channels[3], 3, 1);
  return halve(convolve(y, 10, channels[4], 3, 1));
}
