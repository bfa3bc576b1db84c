import {
  adaptiveAveragePool,
  add,
  concat,
  convolution,
  pad,
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
 * @param overTime the convolution runs over time, too, 3×3×3: over each moment, the one before and the one after it, of
 *   zeros beyond the ends of each of so many clips. Its weight is [channels, 3 · C, 3, 3]: before, itself, after.
 * @returns [moments, channels, h, w]. Its mean over places is the visual feature of a moment, and the mean of those over
 *   moments the visual feature of a clip, or of any window of a film: a window costs an average.
 */
export function fusedMap(
  maps: readonly Value[],
  prefix: string,
  { channels, overTime }: { readonly channels: number; readonly overTime?: { readonly clips: number } },
): Value {
  const joined = sideBySide(maps);
  const x = overTime ? withNeighbors(joined, overTime.clips) : joined;
  return relu(convolutionLayer(x, { prefix }, 'fusion.conv', { channels, kernel: 3, padding: 1 }));
}

/** To each map [clips · moments, C, h, w] those of the moment before and after it: [clips · moments, 3 · C, h, w]. */
function withNeighbors(maps: Value, clips: number): Value {
  const [count, ...map] = maps.shape;
  const moments = count! / clips;
  const inClips = reshape(maps, [clips, moments, ...map]);
  const around = pad(
    inClips,
    inClips.shape.map((_, axis) => (axis === 1 ? [1, 1] : [0, 0])),
  );
  const shifted = (by: number) => reshape(slice(around, 1, by, by + moments), maps.shape);
  return concat([shifted(0), maps, shifted(2)], 1);
}

/**
 * What a moment adds to the fused map over time, before its ReLU, of each moment next to it: for films, whose moments come
 * one after the other. The map of a moment is the ReLU of `before` of the moment before it, its own `itself` and `after` of
 * the moment after it.
 *
 * @param maps as `fusedMap` takes them.
 * @returns [moments, 3 · channels, h, w]: what it adds to the moment after it (whose `before` it is), to itself with the
 *   bias, and to the moment before it.
 */
export function partsOverTime(maps: readonly Value[], prefix: string, channels: number): Value {
  const x = sideBySide(maps);
  const width = x.shape[1]!;
  const weight = parameter(`${prefix}fusion.conv.weight`, [channels, 3 * width, 3, 3]);
  const own = [0, 1, 2].map((of) => slice(weight, 1, of * width, (of + 1) * width));
  const bias = reshape(parameter(`${prefix}fusion.conv.bias`, [channels]), [1, channels, 1, 1]);
  const [before, itself, after] = own.map((of) => convolution(x, of, { padding: 1 }));
  return concat([before!, add(itself!, bias), after!], 1);
}

function sideBySide(maps: readonly Value[]): Value {
  const aligned = onFinestGrid(maps);
  return aligned.length === 1 ? aligned[0]! : concat(aligned, 1);
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
