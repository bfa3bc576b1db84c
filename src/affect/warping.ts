import type { Affect } from './affect.ts';

/** The alignment of two curves. */
export interface Warping {
  /** Pairs of places in the first and the second curve; both never go back, and each of all places is in a pair. */
  readonly path: readonly (readonly [number, number])[];
  /** Mean distance of the paired points on the plane. */
  readonly distance: number;
}

/** What it costs to stay in one curve while the other goes on: noise does not bend the path. */
const stay = 0.02;

/**
 * Aligns two curves over the plane by their course: dynamic time warping (Sakoe & Chiba 1978) with the Euclidean distance,
 * and a small cost of each step that moves in one of them alone. What one of two cuts lacks is a run of pairs with one place
 * of it. Takes time and memory by the product of both lengths.
 *
 * @throws TypeError when one of them has no point.
 */
export function warping(a: readonly Affect[], b: readonly Affect[]): Warping {
  if (a.length === 0 || b.length === 0)
    throw new TypeError(`${a.length} and ${b.length} points: at least one of both expected`);
  const apart = (i: number, j: number) =>
    Math.hypot(a[i]!.valence - b[j]!.valence, a[i]!.arousal - b[j]!.arousal);
  const width = b.length;
  // 0: both moved, 1: the first alone, 2: the second alone
  const steps = new Uint8Array(a.length * width);
  let before = new Float64Array(width);
  for (let i = 0; i < a.length; i++) {
    const costs = new Float64Array(width);
    for (let j = 0; j < width; j++) {
      const both = i > 0 && j > 0 ? before[j - 1]! : i + j === 0 ? 0 : Number.POSITIVE_INFINITY;
      const first = i > 0 ? before[j]! + stay : Number.POSITIVE_INFINITY;
      const second = j > 0 ? costs[j - 1]! + stay : Number.POSITIVE_INFINITY;
      const least = Math.min(both, first, second);
      steps[i * width + j] = least === both ? 0 : least === first ? 1 : 2;
      costs[j] = least + apart(i, j);
    }
    before = costs;
  }
  const path: [number, number][] = [];
  for (let [i, j] = [a.length - 1, width - 1]; ; ) {
    path.push([i, j]);
    if (i === 0 && j === 0) break;
    const step = steps[i * width + j]!;
    if (step !== 2) i--;
    if (step !== 1) j--;
  }
  path.reverse();
  return { path, distance: path.reduce((sum, [i, j]) => sum + apart(i, j), 0) / path.length };
}
