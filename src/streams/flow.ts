import { type Convnet5Sizes, convnet5 } from '../networks/index.ts';
import type { Field } from './material.ts';
import { imageNet } from './normalization.ts';
import type { Preset } from './presets.ts';
import type { Backbone, Stream } from './stream.ts';

/** AlexNet's convolutions, and a narrow form with a finer first layer: half the side leaves the same 6×6 places. */
export const flowSizes: Readonly<Record<Preset, Convnet5Sizes>> = {
  paper: { first: { kernel: 11, stride: 4, padding: 2 }, channels: [64, 192, 384, 256, 256] },
  compact: { first: { kernel: 5, stride: 2, padding: 2 }, channels: [16, 24, 32, 48, 48] },
};

/** Displacements beyond this are clipped, where they are stored and where a network sees them. */
export const largestDisplacement = 20;

/** (clip(d) + 20) / 40, then (x − mean) / deviation, as one product and one sum for each of u, v, |w|. */
const scale = imageNet.deviation.map((width) => 1 / (2 * largestDisplacement * width));
const offset = imageNet.mean.map((center, channel) => (0.5 - center) / imageNet.deviation[channel]!);

/**
 * A field as the five-layer ConvNet takes it: (u, v, |w|), ±20 mapped to 0..255, then normalized like a picture, because
 * the ConvNet starts from weights that were trained on pictures.
 *
 * @param input receives [3, height, width].
 */
export function writeField({ u, v }: Field, input: Float32Array): void {
  const area = u.length;
  if (input.length !== 3 * area)
    throw new TypeError(`internal: a field of ${area} places for ${input.length} inputs`);
  for (let i = 0; i < area; i++) {
    const right = u[i]!;
    const down = v[i]!;
    const length = Math.sqrt(right * right + down * down);
    input[i] = clip(right) * scale[0]! + offset[0]!;
    input[area + i] = clip(down) * scale[1]! + offset[1]!;
    input[2 * area + i] = clip(length) * scale[2]! + offset[2]!;
  }
}

function clip(displacement: number): number {
  return Math.max(-largestDisplacement, Math.min(largestDisplacement, displacement));
}

const alexNet: Backbone<'pair'> = {
  about: "AlexNet's five convolutions (Krizhevsky 2014)",
  inputShape: ({ side }) => [3, side, side],
  write: writeField,
  written:
    'planes of u (to the right), v (down) and the length of both, each clipped to ±20, (d + 20) / 40, then ' +
    `less the mean ${imageNet.mean.join(', ')} and divided by the deviation ${imageNet.deviation.join(', ')}`,
  map: (x, layers, { preset }) => convnet5(x, layers, flowSizes[preset]),
  pretrained: 'alexnet',
};

/** The motion between frames. */
export const flow: Stream<'pair'> = {
  name: 'flow',
  aliases: [],
  about: 'the motion between frames',
  takes: 'pair',
  backbones: { convnet5: alexNet },
  trained: false,
};
