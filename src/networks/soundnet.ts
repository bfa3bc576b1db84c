import { maxPool, multiply, type Value } from '../graph/index.ts';
import type { Window } from './columns.ts';
import { convolutionLayer, type Layers, normRelu } from './layers.ts';

/** Sizes of a SoundNet (Aytar et al. 2016, table 1). */
export interface SoundNetSizes {
  /** Of the seven convolutions; the layers' windows and strides are the same in all sizes. */
  channels: readonly [number, number, number, number, number, number, number];
}

/** Which of SoundNet's maps is the sound feature. */
export type SoundLayer = 'conv7' | 'pool5';

/** SoundNet-8 without its last layer (Aytar et al. 2016): window, stride, padding, and what its max pool divides by. */
const convolutions = [
  { kernel: 64, stride: 2, padding: 32, pool: 8 },
  { kernel: 32, stride: 2, padding: 16, pool: 8 },
  { kernel: 16, stride: 2, padding: 8 },
  { kernel: 8, stride: 2, padding: 4 },
  { kernel: 4, stride: 2, padding: 2, pool: 4 },
  { kernel: 4, stride: 2, padding: 2 },
  { kernel: 4, stride: 2, padding: 2 },
] as const;
const depth = { conv7: 7, pool5: 5 };

/**
 * SoundNet-8 up to conv7 after ReLU, or to pool5, with the names of its PyTorch port.
 *
 * @param x waveforms [N, 1, samples, 1], 22,050 Hz, mono, in [−1, 1] (scaled to SoundNet's [−256, 256] in here).
 * @returns [N, C, columns, 1]; C is 1024 for conv7 and 256 for pool5 in the paper's size. See columns.ts.
 */
export function soundnet(
  x: Value,
  layers: Layers,
  { channels }: SoundNetSizes,
  layer: SoundLayer = 'conv7',
): Value {
  let y = multiply(x, 256);
  convolutions.slice(0, depth[layer]).forEach((shape, i) => {
    const name = `conv${i + 1}`;
    y = convolutionLayer(y, layers, `${name}.0`, {
      channels: channels[i]!,
      kernel: [shape.kernel, 1],
      stride: [shape.stride, 1],
      padding: [shape.padding, 0],
    });
    y = normRelu(y, layers, `${name}.1`);
    if ('pool' in shape) y = maxPool(y, { kernel: [shape.pool, 1] });
  });
  return y;
}

/** All windows of the network along time, convolutions and pools, in order. */
export function soundnetWindows(layer: SoundLayer): Window[] {
  return convolutions
    .slice(0, depth[layer])
    .flatMap((shape) => [
      shape,
      ...('pool' in shape ? [{ kernel: shape.pool, stride: shape.pool, padding: 0 }] : []),
    ]);
}
