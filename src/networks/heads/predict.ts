// The linear end of a network in plain arithmetic: predictions for windows of a film, and what they are made of.
import type { Affect } from '../../affect/index.ts';
import { InputError } from '../../support/errors.ts';
import { sharesOf } from './decisions.ts';
import type { Features, Head, Heads, Parameters } from './head.ts';
import { answer, numbersOf, offsetOf, widthOf } from './mean-linear.ts';

/**
 * The prediction for a clip or a window, from its mean features; equal to that of the network for clips.
 *
 * @param features without those of tracks that the window lacks.
 * @throws InputError when a feature that the network cannot do without is missing: fusion of features needs all that are
 *   not masked (and one, where all are), fusion of decisions any one.
 */
export function predict(network: Heads, parameters: Parameters, features: Features): Affect {
  const isPresent = ({ inputs }: Head) => {
    const needed = inputs.filter(({ masked }) => !masked);
    return needed.length > 0
      ? needed.every(({ track }) => track in features)
      : inputs.some(({ track }) => track in features);
  };
  if (!network.heads.some(isPresent)) {
    const needed = network.heads.map(({ inputs }) => inputs.find(({ masked }) => !masked) ?? inputs[0]!);
    throw new InputError(`the network needs ${needed.map(({ track }) => track).join(' or ')} features`);
  }
  const affect = { valence: 0, arousal: 0 };
  for (const [head, share] of sharesOf(network, parameters, isPresent)) {
    if (share === 0) continue;
    const [valence, arousal] = answer(head, parameters, features);
    affect.valence += share * valence;
    affect.arousal += share * arousal;
  }
  return affect;
}

/**
 * The prediction for a whole clip, equal to that of the network for clips, whatever the clip lacks: in fusion of features
 * zeros stand for a feature that is not there, and where all are masked and lacking the network answers for their lack.
 *
 * @param features without those of tracks that the clip lacks.
 * @throws InputError in fusion of decisions, when the clip has nothing for any of them.
 */
export function predictClip(network: Heads, parameters: Parameters, features: Features): Affect {
  if (network.fusion === 'decisions') return predict(network, parameters, features);
  const [valence, arousal] = answer(network.heads[0]!, parameters, features);
  return { valence, arousal };
}

/**
 * What each place of a map adds to the prediction. The mean of these over the places, and over the frames (or columns
 * of sound) of a clip or window, is exactly the part of its prediction that comes from this map; what remains is the
 * same for all inputs.
 *
 * @param track the name of the map's track.
 * @param map [C, places]: one frame's map, the columns of sound, or a single vector.
 * @param present names of the tracks that the window has; all unless told. Matters for fusion of decisions only.
 */
export function contributions(
  network: Heads,
  parameters: Parameters,
  track: string,
  map: Float32Array,
  present?: readonly string[],
): { valence: Float32Array; arousal: Float32Array } {
  const head = network.heads.find((candidate) => offsetOf(candidate, track) !== undefined);
  if (!head) throw new InputError(`the network has no map '${track}'`);
  const isPresent = ({ inputs }: Head) => !present || inputs.some((input) => present.includes(input.track));
  const share = sharesOf(network, parameters, isPresent).get(head)!;
  const weight = numbersOf(parameters, `${head.prefix}regression.weight`);
  const offset = offsetOf(head, track)!;
  const width = widthOf(head);
  const { channels } = head.inputs.find((input) => input.track === track)!;
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
