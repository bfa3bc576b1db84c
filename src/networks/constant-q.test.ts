import { expect, test } from 'vitest';
import { input, parametersOf, reduceMean } from '../graph/index.ts';
import { openSession } from '../runtime/node/index.ts';
import { Random } from '../support/random.ts';
import { sampleRate } from '../support/sound.ts';
import { constantQ, constantQNetwork } from './constant-q.ts';
import { randomParameters } from './random-parameters.ts';

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

/** Twice the mean of a Hann window, of a band's length, times a wave of its frequency: around a sample. */
function amplitudeAround(samples: Float32Array, middle: number, band: number): number {
  const frequency = 55 * 2 ** (band / 24);
  const length = sampleRate / (frequency * (2 ** (1 / 24) - 1));
  let [real, imaginary, sum] = [0, 0, 0];
  for (let i = -Math.floor(length / 2); i <= length / 2; i++) {
    const weight = Math.cos((Math.PI * i) / length) ** 2;
    const value = weight * (samples[middle + i] ?? 0);
    real += value * Math.cos((2 * Math.PI * frequency * i) / sampleRate);
    imaginary += value * Math.sin((2 * Math.PI * frequency * i) / sampleRate);
    sum += weight;
  }
  return (2 * Math.hypot(real, imaginary)) / sum;
}

test('each band is the amplitude of the Fourier transform of its windows, every 64 samples of its octave', async () => {
  const random = Random.seeded(3);
  const samples = Float32Array.from({ length: 12_000 }, () => 0.1 * random.normal());
  const frames = await bandsOf(samples);
  for (const [frame, band, windows] of [
    [0, 90, 1],
    [10, 0, 1],
    [12, 31, 1],
    [12, 110, 2],
    [9, 130, 4],
    [12, 167, 8],
    [23, 150, 8],
    [23, 60, 1],
  ] as const) {
    const amplitudes = Array.from({ length: windows }, (_, i) =>
      amplitudeAround(samples, 512 * frame + ((i - (windows - 1) / 2) * 512) / windows, band),
    );
    const amplitude = Math.sqrt(amplitudes.reduce((sum, a) => sum + a * a, 0) / windows);
    expect(frames[frame]![band]).toBeCloseTo(Math.log1p(1000 * amplitude), 1);
  }
});

test('noise that begins 256 samples later looks much the same', async () => {
  const random = Random.seeded(4);
  const samples = Float32Array.from({ length: 8 * sampleRate }, () => 0.1 * random.normal());
  const [first, second] = await Promise.all([bandsOf(samples), bandsOf(samples.slice(256))]);
  const ofHighest = (frames: Float32Array[], frame: number) => frames[frame]!.slice(144);
  let [apart, spread] = [0, 0];
  for (let frame = 10; frame < 300; frame++) {
    const [a, b] = [ofHighest(first!, frame), ofHighest(second!, frame)];
    const other = ofHighest(second!, frame + 20);
    for (let i = 0; i < a.length; i++) {
      apart += (a[i]! - b[i]!) ** 2;
      spread += (a[i]! - other[i]!) ** 2;
    }
  }
  expect(apart / spread).toBeLessThan(0.7);
});

test('the mean over the columns hardly depends on where the sound begins', async () => {
  const random = Random.seeded(6);
  // three tones that begin anew, each with overtones, four times a second
  const sound = Float32Array.from({ length: 11 * sampleRate }, (_, i) => {
    const [time, place] = [i / sampleRate, (i / sampleRate) % 0.25];
    const note = 220 * 2 ** ((5 * Math.floor(time / 0.25)) / 12 - 2 * Math.floor(time / 2));
    const tones = [1, 2, 3].reduce((sum, n) => sum + Math.sin(2 * Math.PI * n * note * time) / n, 0);
    return 0.1 * Math.exp(-8 * place) * tones + 0.001 * random.normal();
  });
  const length = 10 * sampleRate;
  const shape = [1, 1, length, 1];
  const y = constantQNetwork(input('sound', shape), { prefix: '' });
  const session = await openSession(
    { mean: reduceMean(y, [2, 3]) },
    { parameters: randomParameters(parametersOf(y), 1) },
  );
  const meanFrom = async (start: number) =>
    (await session.run({ sound: { shape, data: sound.slice(start, start + length) } })).mean!.data;
  const first = await meanFrom(0);
  const size = Math.hypot(...first);
  for (const start of [220, 441, 2048, 4096]) {
    const other = await meanFrom(start);
    expect(Math.hypot(...first.map((value, i) => value - other[i]!)) / size).toBeLessThan(0.05); // with strides in place of means .07 to .18
  }
  await session.close();
});
