import fc from 'fast-check';
import { expect, test } from 'vitest';
import { peaksOf, prominences } from './peaks.ts';

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

test('prominence is what a walk to both sides finds', () => {
  const walked = (values: readonly number[], index: number) => {
    const side = (step: 1 | -1) => {
      let lowest = values[index]!;
      for (let i = index + step; i >= 0 && i < values.length; i += step) {
        if (values[i]! > values[index]!) return { lowest, higher: true };
        lowest = Math.min(lowest, values[i]!);
      }
      return { lowest, higher: false };
    };
    const [left, right] = [side(-1), side(1)];
    const deeper = Math.min(left.lowest, right.lowest);
    if (left.higher && right.higher) return values[index]! - Math.max(left.lowest, right.lowest);
    if (left.higher || right.higher) return values[index]! - (left.higher ? left : right).lowest;
    return values[index]! - deeper;
  };
  fc.assert(
    fc.property(fc.array(fc.integer({ min: -5, max: 5 }), { maxLength: 40 }), (values) => {
      expect(prominences(values)).toEqual(values.map((_, index) => walked(values, index)));
    }),
  );
});

test('two days of a curve, rising all the way, have one peak', () => {
  const rising = Array.from({ length: 172_800 }, (_, second) => second);
  expect(peaksOf(rising, 5, 20)).toMatchObject([{ index: 172_799, kind: 'high', prominence: 172_799 }]);
});
