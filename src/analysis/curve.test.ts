import fc from 'fast-check';
import { expect, test } from 'vitest';
import { clipOf, curveOf, windowsOf } from './curve.ts';
import { Contribution, type ContributionMoment } from './track.ts';

interface Step {
  gap: number;
  length: number;
  valence: number;
  arousal: number;
}

const number = (min: number, max: number) => fc.double({ min, max, noNaN: true });
const step = fc.record({
  gap: fc.oneof(fc.constant(0), number(0, 3)),
  length: number(0.01, 4),
  valence: number(-2, 2),
  arousal: number(-2, 2),
});

function momentsOf(steps: readonly Step[]): ContributionMoment[] {
  let time = 0;
  return steps.map(({ gap, length, valence, arousal }) => {
    const begin = time + gap;
    time = begin + length;
    return { begin, end: time, valence, arousal };
  });
}

/** The mean by its definition, moment by moment. */
function naiveMean(moments: readonly ContributionMoment[], from: number, to: number) {
  let [seconds, valence, arousal] = [0, 0, 0];
  for (const place of moments) {
    const overlap = Math.max(0, Math.min(to, place.end) - Math.max(from, place.begin));
    seconds += overlap;
    valence += overlap * place.valence;
    arousal += overlap * place.arousal;
  }
  return seconds > 1e-9
    ? { valence: valence / seconds, arousal: arousal / seconds }
    : { valence: 0, arousal: 0 };
}

test('each point of the curve is the mean of its ten seconds, clipped to the film', () => {
  fc.assert(
    fc.property(fc.array(step, { maxLength: 40 }), fc.array(step, { maxLength: 40 }), (a, b) => {
      const [first, second] = [momentsOf(a), momentsOf(b)];
      const duration = Math.max(first.at(-1)?.end ?? 0, second.at(-1)?.end ?? 0);
      const bias = { valence: 0.25, arousal: -0.5 };
      const tracks = new Map([
        ['seen', new Contribution(first)],
        ['heard', new Contribution(second)],
      ]);
      const margins = { valence: 0.5, arousal: 0.25 };
      const curve = curveOf({ bias, tracks, isDivided: true }, windowsOf(duration), margins);
      expect(curve).toHaveLength(Math.max(1, Math.ceil(duration)));
      for (const { time, valence, arousal, low, high, shares } of curve) {
        expect(high!.valence - low!.valence).toBeCloseTo(1, 9);
        expect(high!.arousal - arousal).toBeCloseTo(0.25, 9);
        const sum = Object.values(shares!).reduce((total, share) => total + share.arousal, 0);
        expect(sum).toBeCloseTo(arousal, 9);
        const [from, to] = [Math.max(0, time - 5), Math.min(duration, time + 5)];
        const parts = [naiveMean(first, from, to), naiveMean(second, from, to)];
        expect(valence).toBeCloseTo(
          parts.reduce((sum, part) => sum + part.valence, bias.valence),
          5,
        );
        expect(arousal).toBeCloseTo(
          parts.reduce((sum, part) => sum + part.arousal, bias.arousal),
          5,
        );
      }
    }),
  );
});

test('the clip weighs every moment alike', () => {
  const track = new Contribution(
    momentsOf([
      { gap: 0, length: 1, valence: 1, arousal: 0 },
      { gap: 2, length: 3, valence: 0, arousal: 1 },
    ]),
  );
  const bias = { valence: 1, arousal: 1 };
  const tracks = new Map([
    ['seen', track],
    ['heard', new Contribution([])],
  ]);
  expect(clipOf({ bias, tracks, isDivided: true })).toEqual({
    ...{ valence: 1.5, arousal: 1.5 },
    shares: { base: bias, seen: { valence: 0.5, arousal: 0.5 }, heard: { valence: 0, arousal: 0 } },
  });
});
