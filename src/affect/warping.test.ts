import { expect, test } from 'vitest';
import { Random } from '../support/random.ts';
import { type Affect, warping } from './index.ts';

/** The least cost of all monotone paths, by trying them all. */
function leastCost(a: readonly Affect[], b: readonly Affect[], i = 0, j = 0): number {
  const apart = Math.hypot(a[i]!.valence - b[j]!.valence, a[i]!.arousal - b[j]!.arousal);
  const rest: number[] = [];
  if (i + 1 < a.length && j + 1 < b.length) rest.push(leastCost(a, b, i + 1, j + 1));
  if (i + 1 < a.length) rest.push(0.02 + leastCost(a, b, i + 1, j));
  if (j + 1 < b.length) rest.push(0.02 + leastCost(a, b, i, j + 1));
  return apart + (rest.length > 0 ? Math.min(...rest) : 0);
}

const walk = (length: number, random: Random): Affect[] => {
  const at = { valence: 0, arousal: 0 };
  return Array.from({ length }, () => {
    at.valence = 0.9 * at.valence + 0.2 * random.normal();
    at.arousal = 0.9 * at.arousal + 0.2 * random.normal();
    return { ...at };
  });
};

test('no monotone path costs less', () => {
  const random = Random.seeded(5);
  for (let n = 0; n < 30; n++) {
    const [a, b] = [walk(1 + random.integer(6), random), walk(1 + random.integer(6), random)];
    const { path, distance } = warping(a, b);
    const stays = path.filter(
      ([i, j], k) => k > 0 && (path[k - 1]![0] === i || path[k - 1]![1] === j),
    ).length;
    expect(distance * path.length + 0.02 * stays).toBeCloseTo(leastCost(a, b), 10);
    for (const [k, [i, j]] of path.entries())
      if (k > 0) expect([0, 1]).toContain(Math.min(i - path[k - 1]![0], j - path[k - 1]![1]));
    expect([path[0], path.at(-1)]).toEqual([
      [0, 0],
      [a.length - 1, b.length - 1],
    ]);
  }
});

test('what a shorter cut lacks is found', () => {
  const random = Random.seeded(6);
  const whole = walk(300, random);
  const cut = [...whole.slice(0, 100), ...whole.slice(140)].map(({ valence, arousal }) => ({
    valence: valence + 0.01 * random.normal(),
    arousal: arousal + 0.01 * random.normal(),
  }));
  const { path } = warping(whole, cut);
  const right = path.filter(([i, j]) => (i < 100 ? i === j : i < 140 ? j === 99 || j === 100 : i === j + 40));
  expect(right.length / path.length).toBeGreaterThan(0.95);
  expect(() => warping([], cut)).toThrow('at least one');
});
