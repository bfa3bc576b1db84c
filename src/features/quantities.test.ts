import { expect, test } from 'vitest';
import { Random } from '../support/random.ts';
import { quantitiesWithin, watched } from './index.ts';

const [width, height] = [96, 64];

/** What a still of ten moments is like whose gray values, 0 to 255, are these. */
async function quantitiesOf(grayAt: (x: number, y: number) => number) {
  const rgb = new Uint8Array(3 * width * height).map((_, i) => {
    const pixel = Math.floor(i / 3);
    return Math.min(255, Math.max(0, Math.round(grayAt(pixel % width, Math.floor(pixel / width)))));
  });
  const { film, quantities } = watched({
    info: { hasPicture: true, hasSound: false, declaredDuration: 4, frameRate: 25, decoder: 'none' },
    moments: (async function* () {
      for (let number = 0; number < 10; number++)
        yield { number, time: 0.4 * number, picture: { width, height, rgb } };
    })(),
    fields: (async function* () {})(),
    sound: (async function* () {})(),
    summary: () => ({ decodedDuration: 4, duration: 4, coverage: 1, problems: [], notices: [] }),
    close: async () => {},
  });
  for await (const _ of film.moments);
  return quantitiesWithin(quantities(), 0, 4);
}

test('noise has more grain than any picture of things, however faint it is', async () => {
  const random = Random.seeded(7);
  for (const [light, deviation] of [
    [0, 10],
    [0, 60],
    [128, 5],
    [128, 60],
  ] as const) {
    const { grain } = await quantitiesOf(() => light + deviation * random.normal());
    expect(grain, `noise of ${deviation} on ${light}`).toBeGreaterThan(-1);
  }
  for (const waves of [2, 6]) {
    const { grain, contrast } = await quantitiesOf(
      (x, y) => 128 + 60 * Math.sin((2 * Math.PI * waves * x) / width) * Math.cos((8 * y) / height),
    );
    expect(contrast).toBeGreaterThan(0.1);
    expect(grain, `${waves} waves`).toBeLessThan(-1.3);
  }
});

test('a screen of one color has neither contrast nor detail, and its grain is a number', async () => {
  const { light, contrast, detail, grain } = await quantitiesOf(() => 51);
  expect(light).toBeCloseTo(0.2, 6);
  expect(contrast).toBeCloseTo(0, 6);
  expect(detail).toBeCloseTo(0, 9);
  expect(grain).toBeCloseTo(Math.log2(0.1), 3);
});
