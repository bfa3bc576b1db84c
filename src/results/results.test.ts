import { scaleLinear } from 'd3-scale';
import sharp from 'sharp';
import { describe, expect, test } from 'vitest';
import { elicited, type FilmAffect } from '../affect/index.ts';
import { clock } from '../support/clock.ts';
import { drawCurve } from './draw-curve.ts';
import { FilmStrip, toCsv, toJsonLine, toPicture } from './index.ts';
import { shown } from './numbers.ts';

const film: FilmAffect = {
  schemaVersion: 1,
  affect: elicited,
  contentHash: `sha256:${'0'.repeat(64)}`,
  tracks: {},
  options: { streams: ['picture', 'sound'], decoder: 'auto' },
  window: { length: 10, step: 1 },
  unknown: [],
  file: 'films/Tom & "Jerry" <1940>.avi',
  duration: 40,
  coverage: 1,
  model: {
    name: 'starter',
    preset: 'compact',
    trained: 'synthetic films',
    synthetic: true,
    scale: [1, 5],
  },
  clip: { valence: 3.125, arousal: 2.5 },
  curve: Array.from({ length: 40 }, (_, time) => ({
    time,
    valence: 3 + Math.sin(time / 4),
    arousal: 3 - Math.cos(time / 6) / 3,
  })),
  streams: ['picture', 'sound'],
  decoder: 'node-av',
  warnings: [],
};
const untrained: FilmAffect = {
  ...film,
  model: { name: 'untrained', preset: 'paper', trained: false, synthetic: false },
};

describe('text', () => {
  test('CSV has one row a second and names the model in each', () => {
    const rows = toCsv(film).trimEnd().split('\n');
    expect(rows[0]).toBe('time,valence,arousal,model,affect');
    expect(rows[1]).toBe('0,3.000000,2.666667,starter (compact; synthetic films),elicited');
    expect(rows).toHaveLength(41);
    expect(toCsv(untrained).split('\n')[7]).toMatch(/,untrained \(paper\),elicited$/);
  });

  test('a model name with a comma or a quote stays one CSV field', () => {
    const named = { ...film, model: { ...film.model, name: 'a "b", c' } };
    expect(toCsv(named).split('\n')[1]).toMatch(/,"a ""b"", c \(compact; synthetic films\)",elicited$/);
  });

  test('intervals and shares are columns of their own, after the others', () => {
    const [clip, low, high] = [3, 2.5, 3.5].map((value) => ({ valence: value, arousal: value }));
    const curve = [
      { time: 0, ...clip!, low: low!, high: high!, shares: { sound: { valence: 0.1, arousal: 0.2 } } },
    ];
    expect(
      toCsv({ ...film, curve })
        .trimEnd()
        .split('\n'),
    ).toEqual([
      'time,valence,arousal,model,affect,valence_low,arousal_low,valence_high,arousal_high,valence_of_sound,arousal_of_sound',
      '0,3.000000,3.000000,starter (compact; synthetic films),elicited,2.500000,2.500000,3.500000,3.500000,0.100000,0.200000',
    ]);
  });

  test('JSON holds no control character, whatever a film is called', () => {
    const json = toJsonLine({ ...film, file: 'a\x1b[2J\u009b31m\n.avi' });
    expect([...json.trimEnd()].some((character) => /\p{Cc}/u.test(character))).toBe(false);
    expect(JSON.parse(json).file).toBe('a\x1b[2J\u009b31m\n.avi');
  });

  test('JSON is one line, and reads back', () => {
    const json = toJsonLine(film);
    expect(json.indexOf('\n')).toBe(json.length - 1);
    const read = JSON.parse(json) as FilmAffect;
    expect(read.clip).toEqual(film.clip);
    expect(read.curve[3]!.valence).toBeCloseTo(film.curve[3]!.valence, 6);
    expect(JSON.parse(toJsonLine(untrained)).model.trained).toBe(false);
  });

  test('moments and values are written as people write them', () => {
    expect([0, 7.9, 61, 3750].map(clock)).toEqual(['0:00', '0:07', '1:01', '1:02:30']);
    expect([0.123, -1.3, -0.001].map((value) => shown(value))).toEqual(['+0.12', '−1.30', '0.00']);
    expect([3.123, -0.5, 0].map((value) => shown(value, [1, 5]))).toEqual(['3.12', '−0.50', '0.00']);
  });
});

describe('a drawn curve', () => {
  const place = { time: scaleLinear([0, 40], [84, 1540]), top: 188, height: 196, guideEnd: 700 };
  const wave = (size: number, half?: number) =>
    film.curve.map(({ time }) => {
      const value = 3 + size * Math.sin(time / 4);
      const around = (distance: number) => ({ valence: value + distance, arousal: value + distance });
      return { time, ...around(0), ...(half && { low: around(-half), high: around(half) }) };
    });
  const drawn = (curve: FilmAffect['curve']) =>
    drawCurve({ ...film, clip: { valence: 3, arousal: 3 }, curve }, 'valence', place);
  const peaks = (svg: string) => svg.match(/<circle /g)?.length ?? 0;

  test('is drawn on the whole scale, with its neutral middle', () => {
    const svg = drawn(wave(0.02));
    for (const tick of ['1', '2', '3', '4', '5']) expect(svg).toContain(`>${tick}</text>`);
    expect(svg).toContain('>neutral</text>');
  });

  test('has marks only where it stands out of its interval, or visibly from its middle', () => {
    expect(peaks(drawn(wave(0.02)))).toBe(0);
    expect(peaks(drawn(wave(1)))).toBeGreaterThan(0);
    expect(peaks(drawn(wave(0.5, 1.5)))).toBe(0);
    expect(peaks(drawn(wave(0.5, 0.1)))).toBeGreaterThan(0);
  });

  test('has a band where there are intervals', () => {
    expect(drawn(wave(1, 0.5))).toContain('class="interval"');
    expect(drawn(wave(1))).not.toContain('class="interval"');
  });
});

describe('picture', () => {
  const gray = (level: number) => new Uint8Array(16 * 12 * 3).fill(level);
  const still = (time: number, level: number) => ({ time, width: 16, height: 12, rgb: gray(level) });

  async function pixels(png: Uint8Array) {
    const { data, info } = await sharp(png).removeAlpha().raw().toBuffer({ resolveWithObject: true });
    const at = (x: number, y: number) => [
      ...data.subarray(3 * (y * info.width + x), 3 * (y * info.width + x) + 3),
    ];
    return { data, info, at };
  }

  test('is 1600 × 900, with the stills in their order under the curve', async () => {
    const strip = new FilmStrip();
    for (let time = 0; time < 40; time++) strip.add(still(time, 6 * time));
    const { info, at } = await pixels(await toPicture(film, strip));
    expect([info.width, info.height]).toEqual([1600, 900]);
    const levels = [140, 800, 1480].map((x) => at(x, 740)[0]!);
    expect(levels[0]!).toBeLessThan(30);
    expect(levels[1]!).toBeGreaterThan(90);
    expect(levels[1]!).toBeLessThan(150);
    expect(levels[2]!).toBeGreaterThan(200);
  });

  test('says untrained in large letters, and only then', async () => {
    const reddish = async (what: FilmAffect) => {
      const { data } = await pixels(await toPicture({ ...what, curve: [] }));
      let count = 0;
      for (let i = 0; i < data.length; i += 3) {
        if (data[i]! > 200 && data[i]! - data[i + 2]! > 15 && data[i + 1]! - data[i + 2]! < 12) count++;
      }
      return count;
    };
    expect(await reddish(film)).toBeLessThan(1000);
    expect(await reddish(untrained)).toBeGreaterThan(40_000);
  });

  test.each([0, 1, 2, 8000])('a curve of %i points can be drawn', async (length) => {
    const curve = Array.from({ length }, (_, time) => ({ time, valence: 3.3, arousal: 1 + (time % 5) }));
    const png = await toPicture({ ...film, duration: length / 2, coverage: 0.5, curve });
    expect((await sharp(png).metadata()).width).toBe(1600);
  });
});

test('a film strip of any length is bounded, and still spans the film', () => {
  const strip = new FilmStrip();
  for (let time = 0; time < 10_000; time++) {
    strip.add({ time, width: 1, height: 1, rgb: new Uint8Array(3) });
  }
  for (const moment of [0, 3333, 9500]) expect(Math.abs(strip.at(moment)!.time - moment)).toBeLessThan(700);
});
