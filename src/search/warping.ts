/** How two sequences go together. */
export interface Warping {
  /** Pairs of places in the first and the second sequence; both never go back, and each of all places is in a pair. */
  readonly path: readonly (readonly [number, number])[];
}

/** What a step costs that moves in one sequence alone. */
export interface Staying {
  /** Each of them: noise does not bend the path. */
  stay: number;
  /**
   * Whether the distance counts, too, as of a pair: in time warping it does. Where it does not, what one sequence lacks
   * comes out as one run wherever it is, however far it is from all of the other (Needleman & Wunsch 1970).
   */
  distanceCounts: boolean;
}

/** Where a path may go: for each place of the first sequence the places `from` … `to` − 1 of the second. */
export interface Band {
  readonly from: Int32Array;
  readonly to: Int32Array;
}

/**
 * Aligns two sequences by dynamic time warping (Sakoe & Chiba 1978): of all monotone paths from the first pair to the last,
 * that of the least sum of distances, with a cost of each step that moves in one sequence alone. What one of two lacks is a run
 * of pairs with one place of it. Takes time, and a byte each, by the pairs that the path may go through.
 *
 * @param rows places of the first sequence; `columns` of the second.
 * @param apart the distance of a place of the first and a place of the second.
 * @param band default: everywhere. Neither of its edges goes back, it holds the first and the last pair, and each row begins
 *   where the one before has not yet ended.
 * @throws TypeError when one of them has no place.
 */
export function warping(
  rows: number,
  columns: number,
  apart: (i: number, j: number) => number,
  { stay, distanceCounts }: Staying,
  { from, to }: Band = everywhere(rows, columns),
): Warping {
  if (rows === 0 || columns === 0)
    throw new TypeError(`${rows} and ${columns} places: at least one of both expected`);
  const begins = new Float64Array(rows + 1);
  for (let i = 0; i < rows; i++) begins[i + 1] = begins[i]! + to[i]! - from[i]!;
  const steps = new Uint8Array(begins[rows]!);
  let before = new Float64Array(columns);
  let costs = new Float64Array(columns);
  for (let i = 0; i < rows; i++) {
    const [first, end] = [from[i]!, to[i]!];
    const [firstBefore, endBefore] = i > 0 ? [from[i - 1]!, to[i - 1]!] : [0, 0];
    const begin = begins[i]! - first;
    for (let j = first; j < end; j++) {
      const distance = apart(i, j);
      const alone = distanceCounts ? stay + distance : stay;
      let least = j > firstBefore && j <= endBefore ? before[j - 1]! + distance : Number.POSITIVE_INFINITY;
      let step = both;
      if (j >= firstBefore && j < endBefore && before[j]! + alone < least) {
        least = before[j]! + alone;
        step = firstAlone;
      }
      if (j > first && costs[j - 1]! + alone < least) {
        least = costs[j - 1]! + alone;
        step = secondAlone;
      }
      steps[begin + j] = step;
      costs[j] = i === 0 && j === 0 ? distance : least;
    }
    [before, costs] = [costs, before];
  }
  const path: [number, number][] = [];
  for (let [i, j] = [rows - 1, columns - 1]; ; ) {
    path.push([i, j]);
    if (i === 0 && j === 0) break;
    const step = steps[begins[i]! - from[i]! + j]!;
    if (step !== secondAlone) i--;
    if (step !== firstAlone) j--;
  }
  return { path: path.reverse() };
}

/** Which of both a step moves in. */
const [both, firstAlone, secondAlone] = [0, 1, 2];

function everywhere(rows: number, columns: number): Band {
  return { from: new Int32Array(rows), to: new Int32Array(rows).fill(columns) };
}

/**
 * The band around a path that was found between the means of every few places.
 *
 * @param every places of each mean.
 * @param radius places that the band reaches beyond the path, in either direction of both.
 */
export function bandAround(
  path: Warping['path'],
  every: number,
  radius: number,
  rows: number,
  columns: number,
): Band {
  const [low, high] = [new Int32Array(rows), new Int32Array(rows)];
  // of the pairs of a row the first is its lower edge, and the last its upper one
  for (const [i, j] of path.toReversed()) low.fill(j * every, i * every, (i + 1) * every);
  for (const [i, j] of path) high.fill((j + 1) * every, i * every, (i + 1) * every);
  const [from, to] = [new Int32Array(rows), new Int32Array(rows)];
  for (let i = 0; i < rows; i++) {
    from[i] = Math.max(low[Math.max(i - radius, 0)]! - radius, 0);
    to[i] = Math.min(high[Math.min(i + radius, rows - 1)]! + radius, columns);
  }
  return { from, to };
}
