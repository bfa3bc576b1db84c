import { type DenseNetSizes, densenet, mobilenet } from '../networks/index.ts';
import { imageNet } from './normalization.ts';
import type { Preset } from './presets.ts';
import type { Backbone, Stream } from './stream.ts';

/**
 * DenseNet-121, and a small one: a block less, so that half the side of picture leaves 7×7 places, too.
 */
export const pictureSizes: Readonly<Record<Preset, DenseNetSizes>> = {
  paper: { first: 64, growth: 32, bottleneck: 4, blocks: [6, 12, 24, 16] },
  compact: { first: 24, growth: 12, bottleneck: 4, blocks: [4, 6, 8] },
};

/** What each level 0..255 of each channel becomes. */
const normalized = imageNet.mean.map((center, channel) =>
  Float32Array.from({ length: 256 }, (_, level) => (level / 255 - center) / imageNet.deviation[channel]!),
);

/**
 * A picture as DenseNet takes it: ImageNet-normalized planes of red, green and blue.
 *
 * @param rgb width × height × 3, 0..255, row by row.
 * @param input receives [3, height, width].
 */
export function writePicture(rgb: Uint8Array, input: Float32Array): void {
  const area = rgb.length / 3;
  if (input.length !== rgb.length)
    throw new TypeError(`internal: ${rgb.length} levels for ${input.length} inputs`);
  for (let channel = 0; channel < 3; channel++) {
    const level = normalized[channel]!;
    const plane = input.subarray(channel * area, (channel + 1) * area);
    for (let i = 0; i < area; i++) plane[i] = level[rgb[3 * i + channel]!]!;
  }
}

const denseNet: Backbone<'frame'> = {
  about: 'DenseNet-121 up to its last map (Huang et al. 2017)',
  inputShape: ({ side }) => [3, side, side],
  write: ({ rgb }, input) => writePicture(rgb, input),
  written:
    'planes of red, green and blue, 0 … 255 divided by 255, then ' +
    `less the mean ${imageNet.mean.join(', ')} and divided by the deviation ${imageNet.deviation.join(', ')}`,
  map: (x, layers, { preset }) => densenet(x, layers, pictureSizes[preset]),
  stages: {
    count: 4,
    // the stem is 0; the last norm follows all blocks
    of: (parameter) => {
      const block = /\.(?:denseblock|transition)(\d+)\./.exec(parameter)?.[1];
      return block ? Number(block) : /\.norm5(\.|$)/.test(parameter) ? Number.POSITIVE_INFINITY : 0;
    },
  },
  pretrained: 'densenet',
};

/** MobileNet has one size, whatever the preset, and takes what DenseNet takes. */
const mobileNet = (version: 1 | 2): Backbone<'frame'> => ({
  about:
    version === 1
      ? 'MobileNetV1 up to its last map (Howard et al. 2017)'
      : 'MobileNetV2 up to its last map (Sandler et al. 2018)',
  inputShape: denseNet.inputShape,
  write: denseNet.write,
  ...(denseNet.written && { written: denseNet.written }),
  map: (x, layers) => mobilenet(x, layers, { version }),
  pretrained: `mobilenet${version}`,
});

/** The frames themselves. */
export const picture: Stream<'frame'> = {
  name: 'picture',
  aliases: ['rgb'],
  about: 'the frames themselves, in color',
  takes: 'frame',
  backbones: { densenet: denseNet, mobilenet1: mobileNet(1), mobilenet2: mobileNet(2) },
  trained: true,
};
