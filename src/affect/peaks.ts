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
  const range = Math.max(...values) - Math.min(...values);
  const candidates = values
    .map((_, index) => ({ index, kind, prominence: prominence(values, index) }))
    // of a level stretch the first sample counts
    .filter(({ index }) => values[index]! > 0 && values[index] !== values[index - 1])
    .filter((peak) => peak.prominence > range / 5)
    .sort((a, b) => b.prominence - a.prominence || a.index - b.index);
  for (const peak of candidates) {
    if (chosen.length === count) break;
    if (chosen.every((other) => Math.abs(other.index - peak.index) >= distance)) chosen.push(peak);
  }
  return chosen;
}

/** Height above the higher of the two valleys between this place and higher ground; the curve's ends count as valleys. */
function prominence(values: readonly number[], index: number): number {
  const height = values[index]!;
  const valley = (step: 1 | -1) => {
    let lowest = height;
    for (let i = index + step; i >= 0 && i < values.length; i += step) {
      if (values[i]! > height) return { lowest, higher: true };
      lowest = Math.min(lowest, values[i]!);
    }
    return { lowest, higher: false };
  };
  const [left, right] = [valley(-1), valley(1)];
  if (left.higher !== right.higher) return height - (left.higher ? left.lowest : right.lowest);
  return height - (left.higher ? Math.max(left.lowest, right.lowest) : Math.min(left.lowest, right.lowest));
}
