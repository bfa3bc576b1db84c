import { spawnSync } from 'node:child_process';
import { expect, test } from 'vitest';
import { Random } from '../support/random.ts';
import { requirement } from '../support/testing.ts';
import { gainFor, Loudness, LowCut, targetLoudness } from './index.ts';

const hasFfmpeg = requirement('ffmpeg', () => spawnSync('ffmpeg', ['-version']).status === 0);
const sampleRate = 22_050;

/** Loud and quiet stretches of tones and noise, with an offset. */
function programme(seconds: number, seed: number): Float32Array {
  const random = Random.seeded(seed);
  const tone = 80 * 2 ** (6 * random.uniform());
  return Float32Array.from({ length: seconds * sampleRate }, (_, i) => {
    const time = i / sampleRate;
    const level = [0.4, 0.02, 0, 0.1][Math.floor(time / 2) % 4]!;
    return level * (0.7 * Math.sin(2 * Math.PI * tone * time) + 0.2 * random.normal());
  });
}

function loudnessOf(samples: Float32Array, piece = 1000): number | undefined {
  const loudness = new Loudness(sampleRate);
  for (let i = 0; i < samples.length; i += piece) loudness.push(samples.subarray(i, i + piece));
  return loudness.integrated();
}

test.skipIf(!hasFfmpeg)('the loudness is that of ffmpeg’s ebur128 (needs ffmpeg)', () => {
  for (const seed of [1, 2, 3, 4, 5]) {
    const samples = programme(12, seed);
    const { stderr } = spawnSync(
      'ffmpeg',
      [
        '-hide_banner',
        '-nostats',
        '-f',
        'f32le',
        '-ar',
        `${sampleRate}`,
        '-ac',
        '1',
        '-i',
        'pipe:0',
        '-af',
        'ebur128',
        '-f',
        'null',
        '-',
      ],
      { input: Buffer.from(samples.buffer), encoding: 'utf8' },
    );
    const [, integrated] = /I:\s+(-?[\d.]+) LUFS\s+Threshold/.exec(stderr)!;
    expect(Math.abs(loudnessOf(samples)! - Number(integrated))).toBeLessThan(0.15);
  }
});

test('a full-scale sine of 997 Hz has −3.01 LUFS, however it is cut into pieces', () => {
  const sine = Float32Array.from({ length: 5 * sampleRate }, (_, i) =>
    Math.sin((2 * Math.PI * 997 * i) / sampleRate),
  );
  expect(loudnessOf(sine)).toBeCloseTo(-3.01, 1);
  expect(loudnessOf(sine, 777)).toBe(loudnessOf(sine, 5 * sampleRate));
});

test('silence, and what is shorter than a block, has no loudness and is left as it is', () => {
  expect(loudnessOf(new Float32Array(sampleRate))).toBeUndefined();
  expect(loudnessOf(programme(12, 1).subarray(0, 5000))).toBeUndefined();
  expect(gainFor(undefined)).toBe(1);
});

test('a film has the same level after the gain, whatever it was mastered at', () => {
  const samples = programme(12, 7);
  for (const decibels of [-20, -10, 0, 6]) {
    const louder = samples.map((sample) => sample * 10 ** (decibels / 20));
    const gain = gainFor(loudnessOf(louder));
    expect(loudnessOf(louder.map((sample) => sample * gain))).toBeCloseTo(targetLoudness, 3);
  }
});

test('a quiet film is brought to the level, one that is hardly more than noise only some of the way', () => {
  expect(20 * Math.log10(gainFor(-63))).toBeCloseTo(40, 9);
  expect(20 * Math.log10(gainFor(-68))).toBeCloseTo(40, 9);
});

test('an offset is taken away, and hearing is not touched', () => {
  const cut = new LowCut(sampleRate);
  const tone = (i: number) => 0.3 * Math.sin((2 * Math.PI * 200 * i) / sampleRate);
  const given = Float32Array.from({ length: 2 * sampleRate }, (_, i) => tone(i) + 0.02);
  const kept = [cut.apply(given.subarray(0, 12_345)), cut.apply(given.subarray(12_345))].flatMap((part) => [
    ...part,
  ]);
  const settled = kept.slice(sampleRate);
  expect(Math.abs(settled.reduce((sum, value) => sum + value) / settled.length)).toBeLessThan(1e-5);
  const power = settled.reduce((sum, value) => sum + value * value, 0) / settled.length;
  expect(Math.sqrt(2 * power)).toBeCloseTo(0.3, 3);
});
