import { add, clip, constant, multiply, pad, type Value } from '../graph/index.ts';
import { convolutionLayer, type Layers } from './layers.ts';

// Layers are called `convolutions.0`, `convolutions.1`, … in order, depthwise ones among them: the names that the
// weights of a TensorFlow Lite file get (see `weights`). Batch norms are part of the weights there.

/** Of the pointwise convolutions of MobileNetV1, after 32 of the first layer, and the strides of the depthwise ones. */
const channels1 = [64, 128, 128, 256, 256, 512, 512, 512, 512, 512, 512, 1024, 1024];
const strides1 = [1, 2, 1, 2, 1, 2, 1, 1, 1, 1, 1, 2, 1];

/** Table 2 of Sandler et al. 2018: expansion, channels, repeats, stride of the first. */
const blocks2 = [
  [1, 16, 1, 1],
  [6, 24, 2, 2],
  [6, 32, 3, 2],
  [6, 64, 4, 2],
  [6, 96, 3, 1],
  [6, 160, 3, 2],
  [6, 320, 1, 1],
] as const;

/** How many channels the map of each version has. */
export const mobilenetChannels = { 1: 1024, 2: 1280 } as const;

/**
 * MobileNetV1 (Howard et al. 2017) up to its last map: a first convolution, then depthwise and pointwise ones by turns.
 *
 * @param x maps [N, C, height, width]: pictures by way of `mobilenet`, spectrograms by way of `yamnet`.
 * @returns [N, 1024, height / 32, width / 32] after ReLU6.
 */
export function mobilenet1(x: Value, layers: Layers): Value {
  const convolve = layerByLayer(layers);
  let y = relu6(convolve(x, { channels: 32, kernel: 3, stride: 2 }));
  for (const [i, channels] of channels1.entries()) {
    y = relu6(convolve(y, { channels: y.shape[1]!, kernel: 3, stride: strides1[i]!, depthwise: true }));
    y = relu6(convolve(y, { channels, kernel: 1 }));
  }
  return y;
}

/**
 * MobileNetV2 (Sandler et al. 2018) up to its last map: inverted residuals with linear bottlenecks.
 *
 * @returns [N, 1280, height / 32, width / 32] after ReLU6.
 */
export function mobilenet2(x: Value, layers: Layers): Value {
  const convolve = layerByLayer(layers);
  let y = relu6(convolve(x, { channels: 32, kernel: 3, stride: 2 }));
  for (const [expansion, channels, repeats, firstStride] of blocks2)
    for (let i = 0; i < repeats; i++) {
      const before = y;
      const stride = i === 0 ? firstStride : 1;
      if (expansion > 1) y = relu6(convolve(y, { channels: expansion * y.shape[1]!, kernel: 1 }));
      y = relu6(convolve(y, { channels: y.shape[1]!, kernel: 3, stride, depthwise: true }));
      y = convolve(y, { channels, kernel: 1 });
      if (String(y.shape) === String(before.shape)) y = add(before, y);
    }
  return relu6(convolve(y, { channels: mobilenetChannels[2], kernel: 1 }));
}

/**
 * Either MobileNet as a picture network, with weights of ImageNet as TensorFlow has them.
 *
 * @param x pictures [N, 3, side, side], normalized as ImageNet's, as DenseNet takes them.
 * @returns [N, 1024 or 1280, side / 32, side / 32].
 */
export function mobilenet(x: Value, layers: Layers, { version }: { version: 1 | 2 }): Value {
  // levels of 0 … 255 as (level − 128) / 128
  const scale = [0.229, 0.224, 0.225].map((deviation) => (255 / 128) * deviation);
  const offset = [0.485, 0.456, 0.406].map((mean) => (255 * mean - 128) / 128);
  const perChannel = (data: number[]) => constant({ shape: [3, 1, 1], data });
  const levels = add(multiply(x, perChannel(scale)), perChannel(offset));
  return version === 1 ? mobilenet1(levels, layers) : mobilenet2(levels, layers);
}

const relu6 = (x: Value) => clip(x, 0, 6);

interface Convolution {
  channels: number;
  kernel: number;
  stride?: number;
  /** Whether each channel has a window of its own. */
  depthwise?: boolean;
}

/** Makes convolutions named by their number, each to ⌈size / stride⌉ places, as TensorFlow's SAME. */
function layerByLayer(layers: Layers): (x: Value, options: Convolution) => Value {
  let count = 0;
  return (x, { channels, kernel, stride = 1, depthwise = false }) => {
    const margins = x.shape.slice(2).map((size) => {
      const missing = Math.max(0, (Math.ceil(size / stride) - 1) * stride + kernel - size);
      return [Math.floor(missing / 2), Math.ceil(missing / 2)] as const;
    });
    const even = margins.every(([before, after]) => before === after);
    const padding = even ? ([margins[0]![0], margins[1]![0]] as const) : 0;
    return convolutionLayer(
      even ? x : pad(x, [[0, 0], [0, 0], ...margins]),
      layers,
      `convolutions.${count++}`,
      {
        channels,
        kernel,
        stride,
        padding,
        groups: depthwise ? channels : 1,
      },
    );
  };
}
