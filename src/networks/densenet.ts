import { averagePool, concat, maxPool, type Value } from '../graph/index.ts';
import { convolutionLayer, type Layers, normRelu } from './layers.ts';

/** Sizes of a DenseNet (Huang et al. 2017, table 1). */
export interface DenseNetSizes {
  /** Channels of the first convolution. */
  first: number;
  /** Channels that each dense layer adds. */
  growth: number;
  /** A dense layer's 1×1 convolution has this many times the growth. */
  bottleneck: number;
  /** Dense layers of each block. */
  blocks: readonly number[];
}

/**
 * DenseNet (Huang et al. 2017) up to its last feature map, with torchvision's names.
 *
 * @param x pictures [N, 3, side, side], normalized as ImageNet's.
 * @returns [N, C, side / 32, side / 32] after norm5 and ReLU (a block less, and it is side / 16); C is 1024 for
 *   DenseNet-121.
 */
export function densenet(
  x: Value,
  layers: Layers,
  { first, growth, bottleneck, blocks }: DenseNetSizes,
): Value {
  const convolve = (from: Value, name: string, channels: number, kernel: number, padding = 0, stride = 1) =>
    convolutionLayer(from, layers, name, { channels, kernel, padding, stride, bias: false });

  let y = normRelu(convolve(x, 'features.conv0', first, 7, 3, 2), layers, 'features.norm0');
  y = maxPool(y, { kernel: 3, stride: 2, padding: 1 });
  blocks.forEach((count, block) => {
    for (let i = 1; i <= count; i++) {
      const name = `features.denseblock${block + 1}.denselayer${i}`;
      const narrowed = convolve(
        normRelu(y, layers, `${name}.norm1`),
        `${name}.conv1`,
        bottleneck * growth,
        1,
      );
      const added = convolve(normRelu(narrowed, layers, `${name}.norm2`), `${name}.conv2`, growth, 3, 1);
      y = concat([y, added], 1);
    }
    if (block === blocks.length - 1) return;
    const name = `features.transition${block + 1}`;
    const halved = convolve(
      normRelu(y, layers, `${name}.norm`),
      `${name}.conv`,
      Math.floor(y.shape[1]! / 2),
      1,
    );
    y = averagePool(halved, { kernel: 2 });
  });
  return normRelu(y, layers, 'features.norm5');
}
