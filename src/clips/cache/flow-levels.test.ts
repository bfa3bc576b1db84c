import { expect, test } from 'vitest';
import { Random } from '../../support/random.ts';
import { displacements, levelOf, writeLevels } from './flow-levels.ts';

/** The levels of numbers given by their bits, by the table. */
function levelsOf(bits: Uint32Array): Uint8Array {
  const levels = new Uint8Array(bits.length);
  writeLevels(new Float32Array(bits.buffer), levels);
  return levels;
}

test('levels come as the root of each displacement has them, on either side of every change of level', () => {
  const number = new Float32Array(1);
  const bits = new Uint32Array(number.buffer);
  const around: number[] = [];
  for (let level = 1; level < 255; level++) {
    // half a level up: where the next one begins, within a few steps of a float32
    const root = (level + 0.5 - 128) / 127;
    number[0] = Math.sign(root) * root * root * 20;
    for (let step = -40; step <= 40; step++) around.push(bits[0]! + step);
  }
  const random = Random.seeded(7);
  const drawn = Array.from(
    { length: 200_000 },
    () => (2 * random.uniform() - 1) * 25 * random.uniform() ** 4,
  );
  const others = [0, -0, 20, -20, 1e30, -1e30, 1e-40, -1e-40, Infinity, -Infinity, ...drawn];
  const given = Uint32Array.from([...around, ...new Uint32Array(Float32Array.from(others).buffer)]);
  const expected = Array.from(new Float32Array(given.buffer), levelOf);
  expect([...levelsOf(given)]).toEqual(expected);
  expect(new Set(expected).size).toBe(255);
});

test('every level stands for a displacement that has that level', () => {
  expect([...displacements].slice(1).map(levelOf)).toEqual(Array.from({ length: 255 }, (_, i) => i + 1));
});
