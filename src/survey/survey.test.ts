import { spawnSync } from 'node:child_process';
import { expect, test } from 'vitest';
import { Random } from '../support/random.ts';
import { requirement } from '../support/testing.ts';
import { BarSearch, gainFor, Loudness, LowCut, targetLoudness } from './index.ts';

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

/** Frames of a lit, moving picture; `shown` says what is picture and not bar. */
function barsOf(
  [width, height]: readonly [number, number],
  levelAt: (x: number, y: number, frame: number) => number,
  frames = 30,
) {
  const search = new BarSearch(width, height);
  const random = Random.seeded(1);
  for (let frame = 0; frame < frames; frame++)
    search.push(
      Uint8Array.from({ length: width * height }, (_, i) =>
        Math.min(255, levelAt(i % width, Math.floor(i / width), frame) + Math.abs(2 * random.normal())),
      ),
    );
  return search.bars();
}
const size = [160, 90] as const;
const scenery = (x: number, y: number, frame: number) =>
  90 + 60 * Math.sin(x / 9 + frame) + 40 * Math.cos(y / 5 - frame / 3);

test.each([
  ['letterbox', { top: 12, bottom: 12, left: 0, right: 0 }],
  ['pillarbox', { top: 0, bottom: 0, left: 20, right: 20 }],
  ['both', { top: 10, bottom: 10, left: 16, right: 16 }],
  ['one side only', { top: 0, bottom: 9, left: 0, right: 0 }],
  ['none', { top: 0, bottom: 0, left: 0, right: 0 }],
])('finds bars: %s', (_, lines) => {
  const [width, height] = size;
  const found = barsOf(size, (x, y, frame) =>
    x >= lines.left && x < width - lines.right && y >= lines.top && y < height - lines.bottom
      ? scenery(x, y, frame)
      : 16,
  );
  const share = (count: number, side: number) => (count === 0 ? 0 : (count + 1) / side);
  expect(found).toEqual({
    top: share(lines.top, height),
    bottom: share(lines.bottom, height),
    left: share(lines.left, width),
    right: share(lines.right, width),
  });
});

test.each<[string, (x: number, y: number, frame: number) => number]>([
  [
    'a night sky above a lit street',
    (x, y, frame) => (y > 45 + 8 * Math.sin(x / 11) ? scenery(x, y, frame) : 17),
  ],
  ['a film that is black throughout', () => 16],
  [
    'a dark film with bright rows in a few scenes',
    (x, y, frame) => (y < 20 && frame % 10 !== 0 ? 17 : scenery(x, y, frame)),
  ],
  ['one lit face in the dark', (x, y) => (Math.hypot(x - 80, y - 45) < 22 ? 180 : 18)],
])('is not mistaken: %s', (_, levelAt) => {
  expect(barsOf(size, levelAt)).toEqual({ top: 0, bottom: 0, left: 0, right: 0 });
});

test('bars are found in a film that is mostly dark, and that fades in', () => {
  const found = barsOf(size, (x, y, frame) => (y >= 12 && y < 78 && frame > 20 ? scenery(x, y, frame) : 16));
  expect(found.top).toBeCloseTo(13 / 90);
  expect(found.bottom).toBeCloseTo(13 / 90);
});
