import fc from 'fast-check';
import { expect, test } from 'vitest';
import { HandcraftedFeatures, handcraftedFeatureNames } from './features.ts';

const sampleRate = 22050;
const size = 32;

function picture(red: number, green: number, blue: number): Uint8Array {
  return Uint8Array.from({ length: size * size * 3 }, (_, i) => [red, green, blue][i % 3]!);
}

function features(build: (into: HandcraftedFeatures) => void): Record<string, number> {
  const extractor = new HandcraftedFeatures(sampleRate);
  build(extractor);
  const values = extractor.values();
  expect(values.length).toBe(handcraftedFeatureNames.length);
  return Object.fromEntries(handcraftedFeatureNames.map((name, i) => [name, values[i]!]));
}

const ofColor = (red: number, green: number, blue: number) =>
  features((into) =>
    into.addFrame({ time: 0, gray: new Uint8Array(size * size), rgb: picture(red, green, blue) }),
  );

function sine(hertz: number, amplitude: number, seconds = 2): Float32Array {
  return Float32Array.from(
    { length: seconds * sampleRate },
    (_, i) => amplitude * Math.sin((2 * Math.PI * hertz * i) / sampleRate),
  );
}

// L*a*b* of the sRGB primaries under D65, as every color table prints them (to two decimals)
test.each([
  [
    [255, 255, 255],
    [100, 0, 0],
  ],
  [
    [255, 0, 0],
    [53.24, 80.09, 67.2],
  ],
  [
    [0, 255, 0],
    [87.73, -86.18, 83.18],
  ],
  [
    [0, 0, 255],
    [32.3, 79.19, -107.86],
  ],
])('sRGB %j is L*a*b* %j', ([red, green, blue], lab) => {
  const found = ofColor(red!, green!, blue!);
  const values = [found.lightness, found.redGreen, found.blueYellow];
  values.forEach((value, i) => {
    expect(Math.abs(value! - lab[i]!)).toBeLessThan(0.1);
  });
});

test('hue, saturation and colorfulness of plain colors', () => {
  const red = ofColor(255, 0, 0);
  const gray = ofColor(128, 128, 128);
  expect(red.hue0).toBe(1);
  expect(ofColor(0, 255, 0).hue120).toBe(1);
  expect(ofColor(0, 0, 255).hue240).toBe(1);
  expect(red.saturation).toBe(1);
  expect(gray.saturation).toBe(0);
  // a plain red: no spread; the mean opponents are 1 and 0.5
  expect(red.colorfulness).toBeCloseTo(0.3 * Math.hypot(1, 0.5), 6);
  expect(gray.colorfulness).toBeCloseTo(0, 12);
  expect(gray.brightness).toBeCloseTo(128 / 255, 6);
});

test('motion energy is the mean absolute difference, a cut counts as a cut and not as motion', () => {
  const gray = (level: number) => new Uint8Array(size * size).fill(level);
  const found = features((into) => {
    for (const [i, level] of [40, 42, 40, 42, 200, 202].entries()) {
      into.addFrame({ time: i * 0.2, gray: gray(level) });
    }
  });
  expect(found.motionEnergy).toBeCloseTo(2 / 255, 9);
  expect(found.cutRate).toBeCloseTo(1, 9);
});

test.each([440, 1000, 4000])('a sine of %d Hz has its centroid there', (hertz) => {
  const found = features((into) => into.addWaveform(sine(hertz, 0.5)));
  expect(Math.abs(found.spectralCentroid! - hertz)).toBeLessThan(0.1 * hertz);
  expect(found.loudness).toBeCloseTo(20 * Math.log10(0.5 / Math.SQRT2), 1);
  expect(found.zeroCrossings! * sampleRate).toBeGreaterThan(1.9 * hertz);
});

test('four clicks a second are four onsets a second', () => {
  const clicks = new Float32Array(4 * sampleRate);
  for (let i = 0; i < 16; i++) clicks.fill(0.8, i * (sampleRate / 4) + 2000, i * (sampleRate / 4) + 2100);
  const found = features((into) => into.addWaveform(clicks));
  expect(Math.abs(found.onsetRate! - 4)).toBeLessThan(0.5);
});

test('the waveform may come in pieces of any length', () => {
  const waveform = sine(700, 0.3, 1);
  const whole = features((into) => into.addWaveform(waveform));
  fc.assert(
    fc.property(fc.array(fc.integer({ min: 1, max: 5000 }), { maxLength: 20 }), (lengths) => {
      const pieces = features((into) => {
        let start = 0;
        for (const length of [...lengths, waveform.length]) {
          into.addWaveform(waveform.subarray(start, start + length));
          start = Math.min(waveform.length, start + length);
        }
      });
      expect(pieces).toEqual(whole);
    }),
    { numRuns: 20 },
  );
});

test('every feature is finite for nothing at all, silence, black, and noise', () => {
  const cases = [
    features(() => {}),
    features((into) => into.addWaveform(new Float32Array(sampleRate))),
    ofColor(0, 0, 0),
    features((into) =>
      into.addWaveform(Float32Array.from({ length: sampleRate }, (_, i) => ((i * 7919) % 101) / 50 - 1)),
    ),
  ];
  for (const found of cases) expect(Object.values(found).every(Number.isFinite)).toBe(true);
  expect(cases[0]!.loudness).toBe(-100);
});
