// The linear end of the network in plain arithmetic: predictions for windows of a film, and what they are made of.
import type { Affect } from '../affect/index.ts';
import { InputError } from '../support/errors.ts';
import type { Tensor } from '../support/tensor.ts';
import type { Head, Network } from './network.ts';

/** Mean vectors by the name of their map: `visual` or `picture` and `flow` (see `frameNetwork`), and `sound`. */
export type Features = Readonly<Record<string, Float32Array>>;

type Parameters = ReadonlyMap<string, Tensor>;

function find(parameters: Parameters, name: string): Float32Array {
  const tensor = parameters.get(name);
  if (!tensor) throw new InputError(`the weights lack the parameter '${name}'`);
  return tensor.data;
}

/** The part that each head has in the prediction: those of decisions whose stream is missing are shared by the others. */
function sharesOf(
  network: Network,
  parameters: Parameters,
  isPresent: (head: Head) => boolean,
): Map<Head, number> {
  if (network.fusion === 'features') return new Map(network.heads.map((head) => [head, 1]));
  const strengths = find(parameters, 'decision.weights');
  const weights = network.heads.map((head, i) => (isPresent(head) ? Math.exp(strengths[i]!) : 0));
  const sum = weights.reduce((total, weight) => total + weight, 0);
  return new Map(network.heads.map((head, i) => [head, weights[i]! / sum]));
}

/** Where a head's weights for a map stand in each row of its regression, or undefined if it does not take that map. */
function offsetOf(network: Network, head: Head, map: string): number | undefined {
  if (map === head.visual) return 0;
  return map === 'sound' && head.streams.includes('sound')
    ? head.visual
      ? network.sizes.fused
      : 0
    : undefined;
}

/**
 * The prediction for a clip or a window, from its mean features; equal to `clipNetwork`'s.
 *
 * @param features without `sound` for a window that has none.
 * @throws InputError when a feature that the network cannot do without is missing: fusion of features needs its visual
 *   one, fusion of decisions any one.
 */
export function predict(network: Network, parameters: Parameters, features: Features): Affect {
  const isPresent = (head: Head) => (head.visual ?? 'sound') in features;
  const needed = network.heads.filter((head) => head.visual);
  if (network.fusion === 'features' ? !needed.every(isPresent) : !network.heads.some(isPresent))
    throw new InputError(
      `the network needs ${network.heads.map((head) => head.visual ?? 'sound').join(' or ')} features`,
    );
  const affect = [0, 0];
  for (const [head, share] of sharesOf(network, parameters, isPresent)) {
    if (share === 0) continue;
    const weight = find(parameters, `${head.prefix}regression.weight`);
    const bias = find(parameters, `${head.prefix}regression.bias`);
    const width = weight.length / 2;
    for (const row of [0, 1] as const) {
      let sum = bias[row]!;
      for (const [map, vector] of Object.entries(features)) {
        const offset = offsetOf(network, head, map);
        if (offset === undefined) continue;
        const start = row * width + offset;
        for (let i = 0; i < vector.length; i++) sum += weight[start + i]! * vector[i]!;
        if (map === 'sound') sum += weight[start + vector.length]!; // it has sound
      }
      affect[row]! += share * sum;
    }
  }
  return { valence: affect[0]!, arousal: affect[1]! };
}

/**
 * What each place of a map adds to the prediction. The mean of these over the places, and over the frames (or columns
 * of sound) of a clip or window, is exactly the part of its prediction that comes from this map; what remains is the
 * same for all inputs.
 *
 * @param name the map's, as in Features.
 * @param map [C, places]: one frame's map, or SoundNet's columns.
 * @param present names of the features of the window; all unless told. Matters for fusion of decisions only.
 */
export function contributions(
  network: Network,
  parameters: Parameters,
  name: string,
  map: Float32Array,
  present?: readonly string[],
): { valence: Float32Array; arousal: Float32Array } {
  const head = network.heads.find((candidate) => offsetOf(network, candidate, name) !== undefined);
  if (!head) throw new InputError(`the network has no map '${name}'`);
  const isPresent = (other: Head) => present?.includes(other.visual ?? 'sound') ?? true;
  const share = sharesOf(network, parameters, isPresent).get(head)!;
  const weight = find(parameters, `${head.prefix}regression.weight`);
  const offset = offsetOf(network, head, name)!;
  const width = weight.length / 2;
  const channels = name === 'sound' ? width - offset - 1 : network.sizes.fused;
  const places = map.length / channels;
  const rows = [0, 1].map((row) => {
    const sums = new Float32Array(places);
    for (let c = 0; c < channels; c++) {
      const factor = share * weight[row * width + offset + c]!;
      for (let place = 0; place < places; place++) sums[place]! += factor * map[c * places + place]!;
    }
    return sums;
  });
  return { valence: rows[0]!, arousal: rows[1]! };
}
