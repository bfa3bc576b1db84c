import { expect, test } from 'vitest';
import { joined, StretchCollector, stretchesOf } from './sound-stretches.ts';

test('stretches that were sent together are parted as they were', () => {
  const messages: [Uint8Array, Uint8Array][] = [];
  const collector = new StretchCollector((...message) => messages.push(message));
  const stretches = Array.from({ length: 50 }, (_, i) => ({
    time: i === 7 ? Number.NaN : i / 3,
    samples: Float32Array.from({ length: 2 * (500 + 13 * i) }, (_, k) => i + k / 7),
  }));
  for (const { time, samples } of stretches)
    collector.push({ time, samples: new Uint8Array(samples.buffer) });
  collector.flush();
  collector.flush();
  expect(messages.length).toBeGreaterThan(2);
  expect(messages.length).toBeLessThan(10);
  expect(
    messages.flatMap(([samples, heads]) => stretchesOf(new Uint8Array(samples), new Uint8Array(heads))),
  ).toEqual(stretches);
});

test('joined stretches hold the same samples, and none is much longer than it has to be', () => {
  const stretches = Array.from({ length: 40 }, (_, i) =>
    Float32Array.from({ length: i % 5 }, (_, k) => 10 * i + k),
  );
  const longer = [...joined(stretches, 10)];
  expect(longer.flatMap((samples) => [...samples])).toEqual(stretches.flatMap((samples) => [...samples]));
  for (const { length } of longer.slice(0, -1)) expect(length).toBeGreaterThanOrEqual(10);
  expect(Math.max(...longer.map(({ length }) => length))).toBeLessThan(15);
  expect([...joined([], 10)]).toEqual([]);
});
