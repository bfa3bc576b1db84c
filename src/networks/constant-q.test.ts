import { expect, test } from 'vitest';
import { input } from '../graph/index.ts';
import { openSession } from '../runtime/node/index.ts';
import { Random } from '../support/random.ts';
import { sampleRate } from '../support/sound.ts';
import { constantQ } from './constant-q.ts';

/** Bands of each frame. */
async function bandsOf(samples: Float32Array): Promise<Float32Array[]> {
  const shape = [1, 1, samples.length, 1];
  const session = await openSession({ bands: constantQ(input('sound', shape)) }, { parameters: new Map() });
  const { bands } = await session.run({ sound: { shape, data: samples } });
  await session.close();
  const count = bands!.shape[3]!;
  return Array.from({ length: bands!.shape[2]! }, (_, frame) =>
    bands!.data.slice(frame * count, (frame + 1) * count),
  );
}

const sine = (frequency: number, amplitude: number, seconds = 1) =>
  Float32Array.from(
    { length: seconds * sampleRate },
    (_, i) => amplitude * Math.sin((2 * Math.PI * frequency * i) / sampleRate),
  );

test('168 bands, a frame for each 512 samples; silence is 0', async () => {
  const frames = await bandsOf(new Float32Array(sampleRate));
  expect(frames).toHaveLength(Math.ceil(sampleRate / 512));
  expect(frames[0]).toHaveLength(168);
  expect(frames.every((bands) => bands.every((band) => band === 0))).toBe(true);
});

test.each([48, 72, 120])(
  'a sine at the frequency of band %i has its amplitude there, and is highest there',
  async (band) => {
    const frequency = 55 * 2 ** (band / 24);
    for (const amplitude of [0.5, 0.01]) {
      const frames = await bandsOf(sine(frequency, amplitude));
      const middle = frames[20]!;
      expect(Math.expm1(middle[band]!) / 1000 / amplitude).toBeCloseTo(1, 2);
      expect(middle.indexOf(Math.max(...middle))).toBe(band);
      expect(Math.expm1(middle[band - 4]!) / 1000).toBeLessThan(amplitude / 5);
    }
  },
);

test('a tone looks the same an octave higher, 24 bands on', async () => {
  const [low, high] = await Promise.all([sine(440, 0.2), sine(880, 0.2)].map(bandsOf));
  for (let band = 60; band < 84; band++) expect(high![20]![band + 24]).toBeCloseTo(low![20]![band]!, 1);
});

test('each band is the amplitude of the Fourier transform of its window', async () => {
  const random = Random.seeded(3);
  const samples = Float32Array.from({ length: 12_000 }, () => 0.1 * random.normal());
  const frames = await bandsOf(samples);
  for (const [frame, band] of [
    [0, 90],
    [10, 0],
    [12, 31],
    [12, 167],
    [23, 60],
  ] as const) {
    const frequency = 55 * 2 ** (band / 24);
    const length = sampleRate / (frequency * (2 ** (1 / 24) - 1));
    let [real, imaginary, sum] = [0, 0, 0];
    for (let i = -Math.floor(length / 2); i <= length / 2; i++) {
      const weight = Math.cos((Math.PI * i) / length) ** 2;
      const value = weight * (samples[512 * frame + i] ?? 0);
      real += value * Math.cos((2 * Math.PI * frequency * i) / sampleRate);
      imaginary += value * Math.sin((2 * Math.PI * frequency * i) / sampleRate);
      sum += weight;
    }
    const amplitude = (2 * Math.hypot(real, imaginary)) / sum;
    expect(frames[frame]![band]).toBeCloseTo(Math.log1p(1000 * amplitude), 1);
  }
});
