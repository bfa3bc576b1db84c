import { expect, test } from 'vitest';
import { levelCounts } from './level-counts.ts';
import { Random } from './random.ts';

test('levels are counted one by one, wherever in memory the picture lies and whatever its length', () => {
  const random = Random.seeded(5);
  const memory = Uint8Array.from({ length: 600 }, () => random.integer(256));
  for (const start of [0, 1, 2, 3, 4])
    for (const length of [0, 1, 3, 4, 5, 127, 500]) {
      const gray = memory.subarray(start, start + length);
      const counts = new Array<number>(256).fill(0);
      for (const level of gray) counts[level]!++;
      expect([...levelCounts(gray)], `${length} from ${start}`).toEqual(counts);
    }
});

test('a picture of one level is counted whole, and only once', () => {
  const gray = new Uint8Array(10_000).fill(255);
  const counts = levelCounts(gray);
  expect(counts[255]).toBe(10_000);
  expect(levelCounts(gray)).toBe(counts);
});
