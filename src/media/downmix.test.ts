import fc from 'fast-check';
import { expect, test } from 'vitest';
import { sampleRate } from '../support/sound.ts';
import { Downmix } from './downmix.ts';

/** Seconds of pairs of mean and difference made of a left and a right channel. */
function pairs(seconds: number, left: (t: number) => number, right: (t: number) => number): Float32Array {
  const samples = new Float32Array(2 * seconds * sampleRate);
  for (let i = 0; i < samples.length; i += 2) {
    const t = i / 2 / sampleRate;
    samples[i] = (left(t) + right(t)) / 2;
    samples[i + 1] = (left(t) - right(t)) / 2;
  }
  return samples;
}

const tone = (t: number) => 0.5 * Math.sin(2 * Math.PI * 440 * t);
const loudness = (samples: Float32Array) =>
  Math.sqrt(samples.reduce((sum, sample) => sum + sample * sample, 0) / samples.length);

test('the mean of the channels is heard', () => {
  const downmix = new Downmix();
  const stereo = pairs(1, tone, (t) => 0.3 * Math.sin(2 * Math.PI * 700 * t));
  expect(downmix.mix(stereo)).toEqual(stereo.filter((_, i) => i % 2 === 0));
  expect(downmix.notices()).toEqual([]);
});

test('channels in antiphase are heard all the same, and the film after them in its own mix', () => {
  const downmix = new Downmix();
  const antiphase = downmix.mix(pairs(2, tone, (t) => -tone(t)));
  expect(loudness(antiphase)).toBeCloseTo(0.5 / Math.SQRT2, 2);
  for (let second = 0; second < 3; second++) downmix.mix(pairs(1, tone, tone));
  expect(loudness(downmix.mix(pairs(1, tone, tone)))).toBeCloseTo(0.5 / Math.SQRT2, 3);
  expect(downmix.notices()).toEqual([expect.stringContaining('antiphase')]);
});

test('what comes out is in [−1, 1], whatever goes in, and repairs are told', () => {
  const anything = fc.float32Array({ minLength: 2, maxLength: 200 });
  fc.assert(
    fc.property(anything, (samples) => {
      const mono = new Downmix().mix(samples.slice(0, 2 * (samples.length >> 1)));
      expect(mono.every((sample) => sample >= -1 && sample <= 1)).toBe(true);
    }),
  );
  const downmix = new Downmix();
  downmix.mix(new Float32Array([Number.NaN, 0, 300, 0, 0.5, Number.NEGATIVE_INFINITY, 0.5, 0]));
  expect(downmix.notices()).toEqual([
    expect.stringMatching(/50.0 % .* not numbers/),
    expect.stringMatching(/25.0 % .* clipped/),
  ]);
});
