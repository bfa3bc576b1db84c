import { dense } from '../networks/index.ts';
import { colorFeatureList, colorFeatures } from './color/features.ts';
import type { Preset } from './presets.ts';
import type { Backbone, Stream } from './stream.ts';

/** Two layers: color has no more to say than what can be said of it in a few dozen numbers. */
export const colorSizes: Readonly<Record<Preset, readonly number[]>> = {
  paper: [64, 32],
  compact: [32, 16],
};

const denseNetwork: Backbone<'frame'> = {
  about: 'two fully connected layers',
  inputShape: () => [colorFeatureList.length, 1, 1],
  write({ rgb }, input) {
    colorFeatures(rgb).forEach((value, i) => {
      const { usual, deviation } = colorFeatureList[i]!;
      input[i] = (value - usual) / deviation;
    });
  },
  written:
    'features of its color, as examples/torch/color.py computes them, in this order and each less a number and divided by ' +
    `another: ${colorFeatureList.map(({ name, usual, deviation }) => `${name} (${usual}, ${deviation})`).join(', ')}`,
  map: (x, layers, { preset }) => dense(x, layers, colorSizes[preset]),
};

/**
 * The color of frames as wholes: light, saturation, colorfulness, hues. Kim & Lee name such features as missing in
 * their network. How long shots last is not among it: a stream sees frames one by one, a few of a clip.
 */
export const color: Stream<'frame'> = {
  name: 'color',
  aliases: [],
  about: 'light and color of frames as wholes',
  takes: 'frame',
  backbones: { dense: denseNetwork },
  trained: true,
  joins: 'regression',
};
