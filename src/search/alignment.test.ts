import { describe, expect, test } from 'vitest';
import { Random } from '../support/random.ts';
import { type Alignment, align, type Sequence } from './alignment.ts';

const dimensions = 64;
const [length, missing] = [300, 40];
const options = { unit: 'spread', staying: { stay: 0.45, distanceCounts: false }, shortestRun: 3 } as const;

/** Moments as of a film: scenes of 4 to 20 moments, each about a center of its own, some of which come back. */
function film(moments: number, random: Random, size = dimensions): Float32Array[] {
  const centers: Float32Array[] = [];
  const found: Float32Array[] = [];
  const draw = () => Float32Array.from({ length: size }, () => random.normal());
  while (found.length < moments) {
    const returns = centers.length > 3 && random.integer(3) === 0;
    const center = returns ? centers[random.integer(centers.length)]! : draw();
    if (!returns) centers.push(center);
    const last = 4 + random.integer(17);
    let own = draw();
    for (let n = 0; n < last && found.length < moments; n++) {
      // half of a window is that of the one before
      own = own.map((value) => 0.5 * value + 0.4 * random.normal());
      found.push(center.map((value, k) => value + own[k]!));
    }
  }
  return found;
}

/** Another encoding: noise of its own, and all of it a little off. */
function encoded(moments: readonly Float32Array[], noise: number, random: Random): Float32Array[] {
  const off = Float32Array.from({ length: dimensions }, () => (noise / 2) * random.normal());
  return moments.map((vector) => vector.map((value, k) => value + off[k]! + noise * random.normal()));
}

/** The moments of another clock, each a little later than the one of the same number. */
const shifted = (moments: readonly Float32Array[], share: number) =>
  moments.map((vector, i) =>
    vector.map((value, k) => (1 - share) * value + share * (moments[i + 1] ?? vector)[k]!),
  );

const sequence = (moments: readonly Float32Array[]): Sequence => ({
  dimensions: moments[0]!.length,
  vectors: Float32Array.from(moments.flatMap((vector) => [...vector])),
});

/** The share of pairs that are right: `truth` says where a moment of the first is in the second. */
function rightShare({ path }: Alignment, truth: (i: number, j: number) => boolean): number {
  return path.filter(([i, j]) => truth(i, j)).length / path.length;
}

describe.each([
  ['the same vectors', 0, 0],
  ['noise of half their size', 0.5, 0],
  ['noise, and a clock that is 2 s off', 0.3, 0.4],
])('cuts of 300 moments, %s', (_, noise, share) => {
  test.each([1, 2, 3])('40 removed at a place that is known, film %i', (seed) => {
    const random = Random.seeded(seed);
    const whole = film(length, random);
    const at = 50 + random.integer(200);
    const cut = [...whole.slice(0, at), ...whole.slice(at + missing)];
    const other = encoded(shifted(cut, share), noise, random);
    const right = (i: number, j: number) =>
      i < at ? i === j : i < at + missing ? j === at - 1 || j === at : i === j + missing;
    for (const swapped of [false, true]) {
      const [a, b] = swapped ? [other, whole] : [whole, other];
      const found = align(sequence(a), sequence(b), options);
      expect(rightShare(found, (i, j) => (swapped ? right(j, i) : right(i, j)))).toBeGreaterThan(0.95);
      const [lacking, none] = swapped ? [found.alone[1], found.alone[0]] : found.alone;
      expect(none).toEqual([]);
      expect(lacking).toHaveLength(1);
      expect(Math.abs(lacking[0]![0] - at)).toBeLessThanOrEqual(3);
      expect(Math.abs(lacking[0]![1] - at - missing)).toBeLessThanOrEqual(3);
      expect(found.distance).toBeLessThan(0.5);
    }
  });

  test('20 removed, and 20 others put in elsewhere', () => {
    const random = Random.seeded(9);
    const whole = film(length, random);
    const put = film(20, random);
    const other = encoded(
      shifted([...whole.slice(0, 80), ...whole.slice(100, 200), ...put, ...whole.slice(200)], share),
      noise,
      random,
    );
    const found = align(sequence(whole), sequence(other), options);
    const right = (i: number, j: number) => {
      if (i < 80) return i === j;
      if (i < 100) return j === 79 || j === 80;
      if (j >= 180 && j < 200) return i === 199 || i === 200;
      return i < 200 ? i === j + 20 : i === j;
    };
    expect(rightShare(found, right)).toBeGreaterThan(0.95);
    expect(found.alone.map((runs) => runs.length)).toEqual([1, 1]);
  });
});

test('films that have nothing in common are as far apart as their own moments', () => {
  const random = Random.seeded(4);
  const found = align(sequence(film(200, random)), sequence(film(180, random)), options);
  expect(found.distance).toBeGreaterThan(0.7);
});

test('a long film is found again within its band, coarse places being means of several', () => {
  const random = Random.seeded(7);
  const whole = film(4500, random, 8);
  const cut = [...whole.slice(0, 1000), ...whole.slice(1601)];
  const found = align(sequence(whole), sequence(cut), options);
  const right = (i: number, j: number) =>
    i < 1000 ? i === j : i < 1601 ? j === 999 || j === 1000 : i === j + 601;
  expect(rightShare(found, right)).toBeGreaterThan(0.99);
  expect(found.alone).toEqual([[[1000, 1601]], []]);
  expect(found.distance).toBe(0);
});

test('curves over the plane are aligned as they are, and vectors that are all the same are not apart', () => {
  const one = { dimensions: 2, vectors: Float32Array.of(0, 0, 0.3, 0.4) };
  const other = { dimensions: 2, vectors: Float32Array.of(0.3, 0.4) };
  const { path, distance } = align(one, other, {
    unit: 1,
    staying: { stay: 0.02, distanceCounts: true },
    shortestRun: 3,
  });
  expect(path).toEqual([
    [0, 0],
    [1, 0],
  ]);
  expect(distance).toBeCloseTo(0.25, 6);
  const same = { dimensions: 3, vectors: new Float32Array(12).fill(0.1) };
  expect(align(same, same, options)).toMatchObject({ distance: 0, alone: [[], []] });
});
