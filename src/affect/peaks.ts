import { extentOf } from './metrics.ts';

/** A place where a curve turns, and how far it stands out. */
export interface Peak {
  index: number;
  kind: 'high' | 'low';
  /** How far one must come back from here before reaching a more extreme value. */
  prominence: number;
}

/**
 * The highs above zero and the lows below it that stand out most, by topographic prominence.
 *
 * @param values the curve, as distances from its baseline.
 * @param count at most so many of each kind.
 * @param distance two peaks of one kind lie at least so many samples apart.
 */
export function peaksOf(values: readonly number[], count: number, distance: number): Peak[] {
  const negated = values.map((value) => -value);
  return [...highs(values, 'high', count, distance), ...highs(negated, 'low', count, distance)];
}

function highs(values: readonly number[], kind: Peak['kind'], count: number, distance: number): Peak[] {
  const chosen: Peak[] = [];
  const [lowest, highest] = extentOf(values);
  const candidates = prominences(values)
    .map((prominence, index) => ({ index, kind, prominence }))
    // of a level stretch the first sample counts
    .filter(({ index }) => values[index]! > 0 && values[index] !== values[index - 1])
    .filter((peak) => peak.prominence > (highest - lowest) / 5)
    .sort((a, b) => b.prominence - a.prominence || a.index - b.index);
  for (const peak of candidates) {
    if (chosen.length === count) break;
    if (chosen.every((other) => Math.abs(other.index - peak.index) >= distance)) chosen.push(peak);
  }
  return chosen;
}

/**
 * Of each place its height above the higher of the two valleys between it and higher ground; an end of the curve behind
 * which nothing is higher does not count, but where both are such.
 */
export function prominences(values: readonly number[]): number[] {
  const left = valleys(values);
  const right = valleys(values.toReversed()).reverse();
  return values.map((height, index) => {
    const [a, b] = [left[index]!, right[index]!];
    if (a.higher !== b.higher) return height - (a.higher ? a.lowest : b.lowest);
    return height - (a.higher ? Math.max(a.lowest, b.lowest) : Math.min(a.lowest, b.lowest));
  });
}

/** Of each place the lowest value since the last higher one, and whether there was one; every place is passed once. */
function valleys(values: readonly number[]): { lowest: number; higher: boolean }[] {
  const open: { height: number; lowest: number }[] = [];
  return values.map((height) => {
    let lowest = height;
    while (open.length > 0 && open.at(-1)!.height <= height) lowest = Math.min(lowest, open.pop()!.lowest);
    open.push({ height, lowest });
    return { lowest, higher: open.length > 1 };
  });
}
