import { expect, test } from 'vitest';
import { Random } from '../support/random.ts';
import { bandAround, type Staying, warping } from './warping.ts';

/** The least cost of all monotone paths, by trying them all. */
function leastCost(
  size: readonly [number, number],
  apart: (i: number, j: number) => number,
  { stay, distanceCounts }: Staying,
  [i, j]: readonly [number, number] = [0, 0],
): number {
  const rest = (
    [
      [1, 1],
      [1, 0],
      [0, 1],
    ] as const
  ).flatMap(([di, dj]) => {
    const [x, y] = [i + di, j + dj];
    if (x >= size[0] || y >= size[1]) return [];
    const step = di + dj === 2 ? apart(x, y) : stay + (distanceCounts ? apart(x, y) : 0);
    return [step + leastCost(size, apart, { stay, distanceCounts }, [x, y])];
  });
  return rest.length > 0 ? Math.min(...rest) : 0;
}

test.each([true, false])(
  'no monotone path costs less, all of them or a band (distance counts: %s)',
  (counts) => {
    const random = Random.seeded(5);
    const staying = { stay: 0.2, distanceCounts: counts };
    for (let n = 0; n < 30; n++) {
      const [a, b] = [0, 0].map(() => Array.from({ length: 1 + random.integer(6) }, () => random.normal()));
      const size = [a!.length, b!.length] as const;
      const apart = (i: number, j: number) => Math.abs(a![i]! - b![j]!);
      const { path } = warping(...size, apart, staying);
      let cost = 0;
      for (const [k, [i, j]] of path.entries()) {
        if (k === 0) continue;
        const [di, dj] = [i - path[k - 1]![0], j - path[k - 1]![1]];
        expect([0, 1]).toContain(Math.min(di, dj));
        expect(Math.max(di, dj)).toBe(1);
        cost += di + dj === 2 ? apart(i, j) : staying.stay + (counts ? apart(i, j) : 0);
      }
      expect(cost).toBeCloseTo(leastCost(size, apart, staying), 10);
      expect([path[0], path.at(-1)]).toEqual([
        [0, 0],
        [size[0] - 1, size[1] - 1],
      ]);
      expect(warping(...size, apart, staying, bandAround(path, 1, n % 3, ...size)).path).toEqual(path);
    }
    expect(() => warping(0, 3, () => 0, staying)).toThrow('at least one');
  },
);

test('a band around a path between means holds every pair of the places they are of', () => {
  const path = [
    [0, 0],
    [1, 1],
    [1, 2],
    [2, 3],
  ] as const;
  const { from, to } = bandAround(path, 3, 2, 8, 11);
  expect(from.length).toBe(8);
  for (const [i, j] of path)
    for (let row = 3 * i; row < Math.min(3 * i + 3, 8); row++)
      expect(from[row]! <= Math.max(3 * j - 2, 0) && to[row]! >= Math.min(3 * j + 5, 11)).toBe(true);
  for (let row = 1; row < 8; row++) {
    expect(from[row]).toBeGreaterThanOrEqual(from[row - 1]!);
    expect(to[row]).toBeGreaterThanOrEqual(to[row - 1]!);
  }
});
