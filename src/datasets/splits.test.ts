import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { LabeledClip } from './clip.ts';
import { protocolNamed, splitNamed, testedClips } from './protocol.ts';
import {
  filmFolds,
  filmSplit,
  knownClips,
  officialSplit,
  officialTestSplit,
  randomSplit,
  type Split,
} from './splits.ts';

function clipsOf(films: number, each: number, sets = false): LabeledClip[] {
  return Array.from({ length: films * each }, (_, i): LabeledClip => {
    const film = Math.floor(i / each);
    const set = (['train', 'validation', 'test', 'test'] as const)[film % 4]!;
    const clip = {
      id: String(i),
      name: `${i}.mp4`,
      path: `/${i}.mp4`,
      film: `film ${film}`,
      valence: 3,
      arousal: 3,
    };
    return sets ? { ...clip, set } : clip;
  });
}
const idsOf = ({ train, validation, calibration, test }: Split) =>
  [...train, ...validation, ...calibration, ...test].map((clip) => clip.id);
const filmsIn = (clips: readonly LabeledClip[]) => new Set(clips.map((clip) => clip.film));

describe('splits', () => {
  test('sizes of the paper and of the official sets', () => {
    const clips = clipsOf(160, 61.25, true);
    const random = randomSplit(clips, 1);
    expect(random.test).toHaveLength(2450);
    expect(random.train.length + random.validation.length).toBe(7350);
    expect(random.filmDisjoint).toBe(false);
    const official = officialSplit(clips);
    expect(official.test.length).toBe(clips.filter((clip) => clip.set === 'test').length);
    expect(filmsIn(official.test).size).toBe(80);
    expect(filmsIn(official.validation).size).toBe(20);
    expect(filmsIn(official.calibration).size).toBe(20);
    expect(random.calibration).toEqual([]);
    expect(official.filmDisjoint).toBe(true);
  });

  test('every clip is in exactly one part, and splits by film share no film', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 3, max: 30 }),
        fc.integer({ min: 2, max: 9 }),
        fc.integer(),
        (films, each, seed) => {
          const clips = clipsOf(films, each);
          const ids = clips.map((clip) => clip.id).sort();
          const folds = filmFolds(clips, films > 3 ? 4 : 3, seed);
          for (const split of [filmSplit(clips, seed), ...folds]) {
            expect(idsOf(split).sort()).toEqual(ids);
            expect(split.filmDisjoint).toBe(true);
          }
          expect(folds.flatMap((fold) => fold.test.map((clip) => clip.id)).sort()).toEqual(ids);
        },
      ),
      { numRuns: 30 },
    );
  });

  test('films that calibrate are spared where there are enough, and are the same for all who use the official sets', () => {
    const split = filmSplit(clipsOf(40, 5), 1);
    expect(
      [split.train, split.validation, split.calibration, split.test].map((of) => filmsIn(of).size),
    ).toEqual([24, 3, 3, 10]);
    expect(filmSplit(clipsOf(9, 5), 1).calibration).toEqual([]);
    expect(filmFolds(clipsOf(9, 5), 3, 1)[0]!.calibration).toEqual([]);
    const few = officialSplit(clipsOf(28, 2, true));
    expect([filmsIn(few.validation).size, few.calibration]).toEqual([7, []]);
    const idsOfCalibration = (clips: LabeledClip[]) =>
      new Set(officialSplit(clips).calibration.map(({ id }) => id));
    const official = clipsOf(40, 2, true);
    expect(idsOfCalibration(official)).toEqual(idsOfCalibration(official));
    expect(idsOfCalibration(official).size).toBe(10);
  });

  test("the paper's split is measured on the clips that stop the training, and these are not known to baselines", () => {
    const split = splitNamed('paper', clipsOf(160, 61.25), 1);
    expect(split).toMatchObject({ name: 'paper', filmDisjoint: false, calibration: [] });
    expect([split.train.length, split.validation.length]).toEqual([7350, 2450]);
    expect(split.test).toEqual(split.validation);
    expect(new Set([...split.train, ...split.test]).size).toBe(9800);
    expect(knownClips(split)).toEqual(split.train);
    const random = splitNamed('random', clipsOf(160, 61.25), 1);
    expect(knownClips(random)).toHaveLength(7350);
  });

  test('the same seed gives the same split, another seed another', () => {
    const clips = clipsOf(20, 10);
    expect(idsOf(randomSplit(clips, 7))).toEqual(idsOf(randomSplit(clips, 7)));
    expect(idsOf(randomSplit(clips, 7))).not.toEqual(idsOf(randomSplit(clips, 8)));
  });

  test('the default is the official one where there is one, else by film', () => {
    expect(splitNamed('film-disjoint', clipsOf(8, 3, true), 1).name).toBe('official');
    expect(splitNamed('film-disjoint', clipsOf(8, 3), 1).name).toBe('films');
    expect(() => officialSplit(clipsOf(8, 3))).toThrow(/clip '0' is in no set/);
    expect(() => filmFolds(clipsOf(8, 3), 9, 1)).toThrow('9 folds of 8 films; 3 to 8 expected');
    expect(() => randomSplit(clipsOf(1, 2), 1)).toThrow(/leaves no clip to validation/);
  });

  test('64-16-80 keeps the official test, and draws the other films by the seed', () => {
    const clips = clipsOf(160, 5, true);
    const split = splitNamed('64-16-80', clips, 3);
    expect(
      [split.train, split.validation, split.calibration, split.test].map((of) => filmsIn(of).size),
    ).toEqual([64, 8, 8, 80]);
    expect(split).toMatchObject({ name: '64-16-80', filmDisjoint: true });
    expect(split.test).toEqual(officialSplit(clips).test);
    expect(idsOf(split)).toEqual(idsOf(officialTestSplit(clips, 3)));
    expect(idsOf(split)).not.toEqual(idsOf(officialTestSplit(clips, 4)));
    expect(() => splitNamed('64-16-80', clipsOf(8, 3), 1)).toThrow(/in no set/);
    expect(() => splitNamed('official', clipsOf(8, 3), 1)).toThrow(/in no set/);
  });

  test('folds are a protocol of several splits, and no split', () => {
    const clips = clipsOf(10, 3);
    const folds = protocolNamed('folds:5', clips, 1);
    expect([folds.name, folds.splits.length]).toEqual(['folds:5', 5]);
    expect(new Set(testedClips(folds))).toEqual(new Set(clips));
    expect(protocolNamed('random', clips, 1).splits).toEqual([randomSplit(clips, 1)]);
    expect(() => splitNamed('folds:5', clips, 1)).toThrow(
      /several splits, which affectline reproduce trains/,
    );
    expect(() => protocolNamed('folds:2', clips, 1)).toThrow('2 folds of 10 films; 3 to 10 expected');
  });
});
