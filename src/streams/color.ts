import { dense } from '../networks/index.ts';
import { InputError } from '../support/errors.ts';
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
  write({ rgb, shot }, input) {
    if (shot === undefined)
      throw new InputError(
        'how long the shot around a frame lasts is not known, which the stream color takes: clips that were prepared by an earlier version do not say it; delete them, and they are prepared again',
      );
    colorFeatures(rgb, shot).forEach((value, i) => {
      const { usual, deviation } = colorFeatureList[i]!;
      input[i] = (value - usual) / deviation;
    });
  },
  written:
    'features of its color and, last, the decimal logarithm of the seconds that the shot around it lasts (of at most 10 s ' +
    'before it and after it, at least 0.2 s), as examples/torch/color.py computes them, in this order and each less a ' +
    `number and divided by another: ${colorFeatureList.map(({ name, usual, deviation }) => `${name} (${usual}, ${deviation})`).join(', ')}`,
  map: (x, layers, { preset }) => dense(x, layers, colorSizes[preset]),
};

/**
 * The color of frames as wholes: light, saturation, colorfulness, hues; and how long the shot around each lasts. Kim & Lee
 * name such features as missing in their network.
 */
export const color: Stream<'frame'> = {
  name: 'color',
  aliases: [],
  about: 'light and color of frames as wholes',
  takes: 'frame',
  backbones: { dense: denseNetwork },
  trained: true,
  joins: 'regression',
  asksForShots: true,
};
