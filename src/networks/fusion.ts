import {
  adaptiveAveragePool,
  add,
  concat,
  convolution,
  parameter,
  reduceMean,
  relu,
  reshape,
  slice,
  type Value,
} from '../graph/index.ts';
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
  const aligned = onFinestGrid(maps);
  const x = aligned.length === 1 ? aligned[0]! : concat(aligned, 1);
  return relu(convolutionLayer(x, { prefix }, 'fusion.conv', { channels, kernel: 3, padding: 1 }));
}

/**
 * The fused map before its ReLU, and what each map adds to it: a convolution is linear, so that it is the sum of one for
 * each map and of its bias.
 *
 * @returns all of them [moments, channels, h, w], `parts` in the order of the maps.
 */
export function fusionParts(
  maps: readonly Value[],
  prefix: string,
  channels: number,
): { sum: Value; parts: Value[] } {
  const aligned = onFinestGrid(maps);
  const width = aligned.reduce((total, { shape }) => total + shape[1]!, 0);
  const weight = parameter(`${prefix}fusion.conv.weight`, [channels, width, 3, 3]);
  let from = 0;
  const parts = aligned.map((map) => {
    const own = slice(weight, 1, from, from + map.shape[1]!);
    from += map.shape[1]!;
    return convolution(map, own, { padding: 1 });
  });
  const bias = reshape(parameter(`${prefix}fusion.conv.bias`, [channels]), [1, channels, 1, 1]);
  return { sum: parts.reduce((total, part) => add(total, part), bias), parts };
}

/** Maps on the grid of the one that has the most places. */
function onFinestGrid(maps: readonly Value[]): Value[] {
  const places = ({ shape }: Value) => shape[2]! * shape[3]!;
  const finest = maps.reduce((best, map) => (places(map) > places(best) ? map : best));
  const [, , height, width] = finest.shape;
  return maps.map((map) =>
    map.shape[2] === height && map.shape[3] === width ? map : adaptiveAveragePool(map, [height!, width!]),
  );
}

/** The visual feature of each clip: the mean over places and moments; [clips · moments, C, h, w] → [clips, C]. */
export function visualFeature(map: Value, clips: number): Value {
  const [count, channels, height, width] = map.shape;
  return reduceMean(reshape(map, [clips, count! / clips, channels!, height! * width!]), [1, 3]);
}
