import type { FlowField } from '../flow/index.ts';

/** Every so many frames one is looked at as a picture; the flow around it belongs to it. */
export const framesPerSample = 10;

/** Displacements beyond this many pixels are clipped. */
export const largestDisplacement = 20;

/** Red, green, blue of ImageNet's pictures, which the pretrained networks expect to be normalised by. */
const mean = [0.485, 0.456, 0.406] as const;
const deviation = [0.229, 0.224, 0.225] as const;

/** What each level 0..255 of each channel becomes. */
const normalised = mean.map((center, channel) =>
  Float32Array.from({ length: 256 }, (_, level) => (level / 255 - center) / deviation[channel]!),
);

/**
 * A picture as DenseNet takes it: ImageNet-normalised planes of red, green and blue.
 *
 * @param rgb width × height × 3, 0..255, row by row.
 * @param input receives [3, height, width].
 */
export function writePicture(rgb: Uint8Array, input: Float32Array): void {
  const area = rgb.length / 3;
  if (input.length !== rgb.length)
    throw new TypeError(`internal: ${rgb.length} levels for ${input.length} inputs`);
  for (let channel = 0; channel < 3; channel++) {
    const level = normalised[channel]!;
    const plane = input.subarray(channel * area, (channel + 1) * area);
    for (let i = 0; i < area; i++) plane[i] = level[rgb[3 * i + channel]!]!;
  }
}

/** (clip(d) + 20) / 40, then (x − mean) / deviation, as one product and one sum for each of u, v, |w|. */
export const flowNormalisation: { readonly scale: readonly number[]; readonly offset: readonly number[] } = {
  scale: deviation.map((width) => 1 / (2 * largestDisplacement * width)),
  offset: mean.map((center, channel) => (0.5 - center) / deviation[channel]!),
};

/**
 * A flow field as the five-layer ConvNet takes it: (u, v, |w|), ±20 px mapped to 0..255, then normalised like a picture,
 * because the ConvNet starts from weights that were trained on pictures.
 *
 * @param input receives [3, height, width].
 */
export function writeFlow({ u, v }: FlowField, input: Float32Array): void {
  const area = u.length;
  if (input.length !== 3 * area)
    throw new TypeError(`internal: a flow of ${area} places for ${input.length} inputs`);
  const { scale, offset } = flowNormalisation;
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

/** Whether this frame is looked at as a picture. */
export function isSampled(frame: number): boolean {
  return frame % framesPerSample === 0;
}

/**
 * The sampled frame whose ten flow fields this one is among: the five before it and the five after.
 *
 * @param field the number of the earlier of the two frames that it leads between.
 * @returns the number of the sample: frame 10 is sample 1, and has the fields 5 to 14.
 */
export function sampleOfFlow(field: number): number {
  return Math.floor((field + framesPerSample / 2) / framesPerSample);
}
