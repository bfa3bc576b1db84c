import fc from 'fast-check';
import { expect, test } from 'vitest';
import { Channel } from './channel.ts';

const pause = () => new Promise((resolve) => setImmediate(resolve));

test('gives every item once, in order, and never holds more than its capacity', async () => {
  const paces = fc.array(fc.nat(3), { maxLength: 30 });
  await fc.assert(
    fc.asyncProperty(fc.integer({ min: 1, max: 5 }), paces, paces, async (capacity, writing, reading) => {
      const channel = new Channel<number>(capacity);
      let written = 0;
      const writer = (async () => {
        for (const [item, pauses] of writing.entries()) {
          for (let i = 0; i < pauses; i++) await pause();
          await channel.push(item);
          written++;
        }
        channel.end();
      })();
      const read: number[] = [];
      for await (const item of channel) {
        read.push(item);
        expect(written - read.length).toBeLessThanOrEqual(capacity);
        for (let i = 0; i < (reading[item] ?? 0); i++) await pause();
      }
      await writer;
      expect(read).toEqual(writing.map((_, item) => item));
    }),
    { numRuns: 50 },
  );
});

test('a reader that stops early lets the writer go on', async () => {
  const channel = new Channel<number>(1);
  const writer = (async () => {
    for (let item = 0; item < 10; item++) await channel.push(item);
    return 'done';
  })();
  for await (const item of channel) if (item === 2) break;
  expect(await writer).toBe('done');
});

test('a failure reaches the reader after the items before it', async () => {
  const channel = new Channel<number>(3);
  await channel.push(1);
  channel.fail(new Error('cut off'));
  const read: number[] = [];
  const reading = (async () => {
    for await (const item of channel) read.push(item);
  })();
  await expect(reading).rejects.toThrow('cut off');
  expect(read).toEqual([1]);
});

test('an abort reaches the reader before the items that wait, and frees the writer', async () => {
  const channel = new Channel<number>(1);
  await channel.push(1);
  const waiting = channel.push(2);
  channel.abort(new Error('stopped'));
  await waiting;
  await expect(channel[Symbol.asyncIterator]().next()).rejects.toThrow('stopped');
});
