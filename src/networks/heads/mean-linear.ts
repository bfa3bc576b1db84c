// The paper's head: the mean of each track over time, and one linear layer over these side by side.
import { concat, linear, multiply, parameter, type Value } from '../../graph/index.ts';
import { InputError } from '../../support/errors.ts';
import type { Features, Head, Parameters } from './head.ts';

/**
 * A feature that a clip may lack, and whether it has it: silence differs from a clip that has no sound.
 *
 * @param vectors [clips, C].
 * @param present [clips, 1], 1 or 0; where it is 0 the feature is zeros.
 * @returns [clips, C + 1].
 */
export function maskedFeature(vectors: Value, present: Value): Value {
  return concat([multiply(vectors, present), present], 1);
}

/** The regression: one linear layer over the features side by side → [clips, 2], valence and arousal. */
export function regression(features: readonly Value[], prefix: string): Value {
  const x = features.length === 1 ? features[0]! : concat(features, 1);
  const weight = parameter(`${prefix}regression.weight`, [2, x.shape[1]!]);
  return linear(x, weight, parameter(`${prefix}regression.bias`, [2]));
}

/** Whether a parameter is of the end of a network, which `predict` and `contributions` need. */
export function isOfHead(name: string): boolean {
  return /(^|\.)regression\.|^decision\.weights$/.test(name);
}

/** A parameter's numbers. @throws InputError when it is not there. */
export function numbersOf(parameters: Parameters, name: string): Float32Array {
  const tensor = parameters.get(name);
  if (!tensor) throw new InputError(`the weights lack the parameter '${name}'`);
  return tensor.data;
}

/** Where a head's weights for a track stand in each row of its regression; undefined if it does not take it. */
export function offsetOf({ inputs }: Head, track: string): number | undefined {
  let offset = 0;
  for (const input of inputs) {
    if (input.track === track) return offset;
    offset += input.channels + Number(input.masked);
  }
  return undefined;
}

/** How many weights a row of a head's regression has. */
export function widthOf({ inputs }: Head): number {
  return inputs.reduce((sum, { channels, masked }) => sum + channels + Number(masked), 0);
}

/** A head's answer for mean features, [valence, arousal]; of those that are masked and not given, for their lack. */
export function answer(head: Head, parameters: Parameters, features: Features): [number, number] {
  const weight = numbersOf(parameters, `${head.prefix}regression.weight`);
  const bias = numbersOf(parameters, `${head.prefix}regression.bias`);
  const width = widthOf(head);
  const row = (index: 0 | 1) => {
    let sum = bias[index]!;
    for (const { track, masked, channels } of head.inputs) {
      const vector = features[track];
      if (!vector) continue;
      const start = index * width + offsetOf(head, track)!;
      for (let i = 0; i < channels; i++) sum += weight[start + i]! * vector[i]!;
      if (masked) sum += weight[start + channels]!;
    }
    return sum;
  };
  return [row(0), row(1)];
}
