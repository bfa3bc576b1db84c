// Ranges of what is computed in bytes, as they stand among a model's weights.
import type { Ranges } from '../graph/index.ts';
import { InputError } from '../support/errors.ts';
import type { Tensor } from '../support/tensor.ts';

/** What the names of ranges start with in the file of the weights. */
const prefix = 'ranges.';

/** Ranges under the names that they are stored by. */
export function storedRanges(ranges: Ranges): Map<string, Tensor> {
  return new Map([...ranges].map(([name, range]) => [`${prefix}${name}`, range]));
}

/**
 * Parts what a file of weights holds.
 *
 * @throws InputError naming a range of a weight that is not there, of another size, or with what is no range.
 */
export function partRanges(
  found: ReadonlyMap<string, Tensor>,
  source: string,
): { weights: Map<string, Tensor>; ranges: Map<string, Tensor> } {
  const weights = new Map([...found].filter(([name]) => !name.startsWith(prefix)));
  const ranges = new Map<string, Tensor>();
  for (const [stored, range] of found) {
    if (!stored.startsWith(prefix)) continue;
    const name = stored.slice(prefix.length);
    const fault = faultOf(name, range, weights);
    if (fault !== undefined) throw new InputError(`${source}: '${stored}' ${fault}`, 'unusable-model');
    ranges.set(name, range);
  }
  return { weights, ranges };
}

function faultOf(
  name: string,
  { shape, data }: Tensor,
  weights: ReadonlyMap<string, Tensor>,
): string | undefined {
  const [, weight = '', kind] = /^(.*?)(?::(input|signed))?$/s.exec(name)!;
  const of = weights.get(weight)?.shape;
  if (!of) return 'is the range of a weight that is not there';
  const fits = (channels: number) => String(shape) === String([2, channels]);
  // a convolution of each channel by itself has a weight like one that takes a single channel
  const channels = kind !== 'input' || of.length === 1 ? of[0]! : of[1]!;
  if (!fits(channels) && !(kind === 'input' && of[1] === 1 && fits(of[0]!)))
    return `is [${shape}], not [2,${channels}]`;
  if (!data.every(Number.isFinite)) return 'holds what is no finite number';
  const count = data.length / 2;
  const isRange = data.every((value, i) => (i < count ? value <= 0 : value >= 0));
  return isRange ? undefined : 'has a lowest number above 0 or a highest one below it';
}
