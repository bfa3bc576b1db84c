import { setTimeout as sleep } from 'node:timers/promises';
import { expect, test } from 'vitest';
import { inOrder } from './in-order.ts';

const limits = { atOnce: 2, ahead: 4 };

test('gives results in the order of the items, so many in work at a time and so many kept', async () => {
  const delays = [40, 5, 5, 5, 5, 20, 5, 0, 0, 10];
  let [running, mostRunning, begun, taken, mostAhead] = [0, 0, 0, 0, 0];
  const results: number[] = [];
  const work = async (delay: number, index: number) => {
    mostRunning = Math.max(mostRunning, ++running);
    mostAhead = Math.max(mostAhead, ++begun - taken);
    await sleep(delay);
    running--;
    return index;
  };
  for await (const result of inOrder(delays, limits, work)) {
    taken++;
    results.push(result);
  }
  expect(results).toEqual(delays.map((_, index) => index));
  expect(mostRunning).toBe(2);
  expect(mostAhead).toBe(4);
});

test('a failure comes in its turn, after what was before it, and nothing more is begun', async () => {
  const ended: number[] = [];
  const results: number[] = [];
  const all = async () => {
    const work = async (delay: number, index: number) => {
      await sleep(delay);
      ended.push(index);
      if (index === 2) throw new Error('the third');
      return index;
    };
    for await (const result of inOrder([40, 1, 5, 1, 1], limits, work)) results.push(result);
  };
  await expect(all()).rejects.toThrow('the third');
  expect(results).toEqual([0, 1]);
  expect(ended).toEqual([1, 2, 0]);
});

test('whoever leaves waits for what is in work, and nothing more is begun', async () => {
  let begun = 0;
  for await (const _ of inOrder([1, 1, 1, 1, 1, 1], limits, async (delay) => sleep(delay, begun++))) break;
  expect(begun).toBeLessThanOrEqual(4);
});
