import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { type FilmAffect, filmAffect, filmAffectSchema, onScale, parseFilmAffect, sumOf } from './index.ts';
import type { Findings } from './result.ts';

const hash = `sha256:${'0'.repeat(64)}`;
const findings: Findings = {
  file: 'film.mp4',
  contentHash: hash,
  duration: 2,
  coverage: 1,
  frameRate: 25,
  tracks: { picture: { track: 1, of: 1, codec: 'h264' } },
  model: {
    name: 'm',
    preset: 'compact',
    trained: 'clips',
    synthetic: false,
    scale: [1, 5],
    contentHash: hash,
  },
  options: { streams: ['picture'], decoder: 'auto' },
  window: { length: 10, step: 1 },
  clip: { valence: 3, arousal: 4 },
  curve: [
    { time: 0, valence: 3, arousal: 4 },
    { time: 1, valence: 2, arousal: 4.5 },
  ],
  unknown: [],
  streams: ['picture'],
  decoder: 'ffmpeg',
  warnings: [],
};
const number = fc.double({ noNaN: true, noDefaultInfinity: true });
const affect = fc.record({ valence: number, arousal: number });

describe('a result', () => {
  test('says that it is elicited affect, and leaves values on the scale as they are', () => {
    expect(filmAffect(findings)).toEqual({
      schemaVersion: 1,
      affect: {
        kind: 'elicited',
        statement: 'what viewers are expected to feel, not what faces in the film show',
      },
      ...findings,
    });
  });

  test('is never off the scale, and passes its own schema, whatever the networks say', () => {
    fc.assert(
      fc.property(affect, fc.array(affect, { maxLength: 5 }), affect, affect, (clip, points, low, high) => {
        const curve = points.map((point, time) => ({ time, ...point, low, high, shares: { sound: point } }));
        const result = filmAffect({ ...findings, clip, curve });
        expect(parseFilmAffect(JSON.stringify(result))).toEqual(JSON.parse(JSON.stringify(result)));
        for (const { valence, arousal } of [result.clip, ...result.curve, ...result.curve.map((p) => p.low!)])
          expect(Math.min(valence, arousal) >= 1 && Math.max(valence, arousal) <= 5).toBe(true);
      }),
    );
  });

  test('tells how many values lay beyond the scale', () => {
    const result = filmAffect({ ...findings, clip: { valence: 0.61, arousal: 3 } });
    expect(result.clip).toEqual({ valence: 1, arousal: 3 });
    expect(result.unknown).toEqual([
      { code: 'beyond-scale', reason: expect.stringMatching(/^1 of 3 values lay beyond the scale 1 … 5/) },
    ]);
  });

  test('without a scale, as of random weights, any number passes', () => {
    const { scale: _, ...model } = findings.model;
    const result = filmAffect({ ...findings, model, clip: { valence: -349.9, arousal: 7 } });
    expect([result.clip, result.unknown]).toEqual([{ valence: -349.9, arousal: 7 }, []]);
  });

  test.each([
    ['the clip', { clip: { valence: Number.NaN, arousal: 3 } }],
    ['a point', { curve: [{ time: 0, valence: 3, arousal: Number.POSITIVE_INFINITY }] }],
    ['an interval', { clip: { valence: 3, arousal: 3, low: { valence: Number.NaN, arousal: 1 } } }],
  ])('%s that is no number is an error that names the model', (_, wrong) => {
    expect(() => filmAffect({ ...findings, ...wrong })).toThrow(
      expect.objectContaining({ code: 'unusable-model', message: expect.stringContaining('model m') }),
    );
  });
});

describe('the schema', () => {
  const valid = filmAffect(findings);
  const wrong: [string, object][] = [
    ['another version', { schemaVersion: 2 }],
    ['no statement', { affect: { kind: 'elicited' } }],
    ['a value beyond the scale', { clip: { valence: 5.1, arousal: 3 } }],
    ['a hash that is none', { contentHash: 'sha256:12' }],
    ['no window', { window: undefined }],
    ['a value that is no number', { clip: { valence: null, arousal: 3 } }],
    ['coverage above 1', { coverage: 1.2 }],
  ];
  test.each(wrong)('refuses %s', (_, keys) => {
    expect(filmAffectSchema.safeParse({ ...valid, ...keys }).success).toBe(false);
  });

  test('lets keys of later versions through', () => {
    const later = { ...valid, later: 1 } as FilmAffect;
    expect(parseFilmAffect(JSON.stringify(later))).toEqual(later);
  });

  test('text that is no result gives nothing', () => {
    for (const text of ['', 'no JSON', '[]', '{"file":"a"}', 'null'])
      expect(parseFilmAffect(text)).toBe(undefined);
  });
});

test('points move to the nearest point on the scale, parts sum up', () => {
  expect(onScale({ valence: 0, arousal: 6 }, [1, 5])).toEqual({ valence: 1, arousal: 5 });
  expect(onScale({ valence: 0, arousal: 6 }, undefined)).toEqual({ valence: 0, arousal: 6 });
  expect(sumOf([])).toEqual({ valence: 0, arousal: 0 });
  expect(
    sumOf([
      { valence: 1, arousal: 2 },
      { valence: 0.5, arousal: -1 },
    ]),
  ).toEqual({ valence: 1.5, arousal: 1 });
});
