import { adaptiveAveragePool, concat, reduceMean, relu, reshape, type Value } from '../graph/index.ts';
import { convolutionLayer } from './layers.ts';

/**
 * The map of a moment from those of the pairs of frames around it: their mean.
 *
 * @param maps [moments · pairs, C, h, w], the `pairs` of a moment one after the other.
 * @returns [moments, C, h, w].
 */
export function averageMaps(maps: Value, pairs: number): Value {
  const [count, ...map] = maps.shape;
  return pairs === 1 ? maps : reduceMean(reshape(maps, [count! / pairs, pairs, ...map]), [1]);
}

/**
 * The paper's "1-layer ConvNet": maps side by side, a 3×3 convolution, ReLU.
 *
 * @param maps at least one, each [moments, C, h, w]; all are resized to the finest grid among them.
 * @returns [moments, channels, h, w]. Its mean over places is the visual feature of a moment, and the mean of those over
 *   moments the visual feature of a clip, or of any window of a film: a window costs an average.
 */
export function fusedMap(maps: readonly Value[], prefix: string, channels: number): Value {
  const places = ({ shape }: Value) => shape[2]! * shape[3]!;
  const finest = maps.reduce((best, map) => (places(map) > places(best) ? map : best));
  const [, , height, width] = finest.shape;
  const aligned = maps.map((map) =>
    map.shape[2] === height && map.shape[3] === width ? map : adaptiveAveragePool(map, [height!, width!]),
  );
  const x = aligned.length === 1 ? aligned[0]! : concat(aligned, 1);
  return relu(convolutionLayer(x, { prefix }, 'fusion.conv', { channels, kernel: 3, padding: 1 }));
}

/** The visual feature of each clip: the mean over places and moments; [clips · moments, C, h, w] → [clips, C]. */
export function visualFeature(map: Value, clips: number): Value {
  const [count, channels, height, width] = map.shape;
  return reduceMean(reshape(map, [clips, count! / clips, channels!, height! * width!]), [1, 3]);
}
