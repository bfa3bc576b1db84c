import fc from 'fast-check';
import { expect, test } from 'vitest';
import { peaksOf } from './peaks.ts';

test('the highest and the lowest point come first, small ripples not at all', () => {
  const curve = Array.from(
    { length: 100 },
    (_, i) => Math.sin(i / 8) * (1 + i / 100) + 0.02 * Math.sin(i * 2),
  );
  const peaks = peaksOf(curve, 2, 5);
  expect(curve[peaks[0]!.index]).toBe(Math.max(...curve));
  expect(curve[peaks.find((peak) => peak.kind === 'low')!.index]).toBe(Math.min(...curve));
  expect(peaks).toHaveLength(4);
});

test('peaks keep their distance and their side of the baseline', () => {
  const curves = fc.array(fc.double({ min: -9, max: 9, noNaN: true }), { maxLength: 60 });
  fc.assert(
    fc.property(curves, (curve) => {
      for (const kind of ['high', 'low'] as const) {
        const places = peaksOf(curve, 3, 4).filter((peak) => peak.kind === kind);
        const sign = kind === 'high' ? 1 : -1;
        expect(places.every(({ index }) => sign * curve[index]! > 0)).toBe(true);
        const sorted = places.map(({ index }) => index).sort((a, b) => a - b);
        expect(sorted.every((index, i) => i === 0 || index - sorted[i - 1]! >= 4)).toBe(true);
      }
    }),
  );
});
