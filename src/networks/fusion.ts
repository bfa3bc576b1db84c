import {
  adaptiveAveragePool,
  add,
  concat,
  constant,
  divide,
  exp,
  linear,
  multiply,
  parameter,
  reduceMean,
  relu,
  reshape,
  slice,
  type Value,
} from '../graph/index.ts';
import { convolutionLayer } from './layers.ts';

/**
 * The flow map of a sampled frame: the mean of those of the frames around it.
 *
 * @param maps [frames · flows, C, h, w], the `flows` of a sampled frame one after the other.
 * @returns [frames, C, h, w].
 */
export function averageFlowMaps(maps: Value, flows: number): Value {
  const [count, ...map] = maps.shape;
  return flows === 1 ? maps : reduceMean(reshape(maps, [count! / flows, flows, ...map]), [1]);
}

/**
 * The paper's "1-layer ConvNet": picture and flow maps side by side, a 3×3 convolution, ReLU.
 *
 * @param maps one or both, each [frames, C, h, w]; the flow's is resized to the picture's grid.
 * @returns [frames, channels, h, w]. Its mean over places is the visual feature of a sampled frame, and the mean of
 *   those over sampled frames the visual feature of a clip, or of any window of a film: a window costs an average.
 */
export function fusedMap(maps: { picture?: Value; flow?: Value }, prefix: string, channels: number): Value {
  const { picture, flow } = maps;
  const aligned =
    picture && flow
      ? concat([picture, adaptiveAveragePool(flow, [picture.shape[2]!, picture.shape[3]!])], 1)
      : (picture ?? flow);
  if (!aligned) throw new TypeError('fusedMap: expects a picture map or a flow map');
  return relu(convolutionLayer(aligned, { prefix }, 'fusion.conv', { channels, kernel: 3, padding: 1 }));
}

/** The visual feature of each clip: the mean over places and sampled frames; [clips · frames, C, h, w] → [clips, C]. */
export function visualFeature(map: Value, clips: number): Value {
  const [count, channels, height, width] = map.shape;
  return reduceMean(reshape(map, [clips, count! / clips, channels!, height! * width!]), [1, 3]);
}

/**
 * The sound feature of each clip, and whether there is one: silence differs from a clip that has no sound.
 *
 * @param vectors [clips, C], means over time of SoundNet's map.
 * @param hasSound [clips, 1], 1 or 0; where it is 0 the feature is zeros.
 * @returns [clips, C + 1].
 */
export function soundFeature(vectors: Value, hasSound: Value): Value {
  return concat([multiply(vectors, hasSound), hasSound], 1);
}

/** The regression: one linear layer over the features side by side → [clips, 2], valence and arousal. */
export function regression(features: readonly Value[], prefix: string): Value {
  const x = features.length === 1 ? features[0]! : concat(features, 1);
  const weight = parameter(`${prefix}regression.weight`, [2, x.shape[1]!]);
  return linear(x, weight, parameter(`${prefix}regression.bias`, [2]));
}

/**
 * Fusion of decisions, which the paper argues against: the mean of each stream's own prediction, weighted by the softmax
 * of `decision.weights` (zeros at first, that is equally).
 *
 * @param decisions [clips, 2] each.
 * @param present for each decision, [clips, 1] with 0 where the clip lacks that stream; undefined where none does.
 */
export function averageDecisions(
  decisions: readonly Value[],
  present: readonly (Value | undefined)[],
): Value {
  const strengths = exp(parameter('decision.weights', [decisions.length]));
  const weights = decisions.map((_, i) => {
    const strength = reshape(slice(strengths, 0, i, i + 1), [1, 1]);
    return present[i] ? multiply(strength, present[i]) : strength;
  });
  const sum = (values: readonly Value[]) => values.reduce((total, value) => add(total, value), constant(0));
  return divide(sum(decisions.map((decision, i) => multiply(decision, weights[i]!))), sum(weights));
}
