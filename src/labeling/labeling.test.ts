import { copyFileSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { openDataSet } from '../datasets/index.ts';
import { analysisOf } from '../library/analysis-fixture.ts';
import { emptyLibrary } from '../library/embedded-fixture.ts';
import { type Library, openLibrary } from '../library/index.ts';
import { hasPostgresql, PostgresqlServer } from '../library/postgresql-fixture.ts';
import { Random } from '../support/random.ts';
import {
  choiceAgreement,
  Labels,
  nextPair,
  rankedScenes,
  raterName,
  scenesOf,
  writeLabels,
} from './index.ts';

const folder = mkdtempSync(join(tmpdir(), 'affectline-labeling-'));
const server = new PostgresqlServer();
beforeAll(async () => {
  if (hasPostgresql) await server.start();
}, 300_000);
afterAll(async () => {
  await server.remove();
  rmSync(folder, { recursive: true });
});

const dimensions = ['valence', 'arousal'] as const;
const places = [
  ['embedded', true, async () => ({ folder: await emptyLibrary(folder) })],
  ['PostgreSQL', hasPostgresql, async () => ({ database: await server.createDatabase() })],
] as const;

describe.each(places.filter(([, there]) => there))('%s', (_, __, place) => {
  let library: Library;
  let labels: Labels;
  const film = join(folder, 'film.mp4');
  beforeAll(async () => {
    copyFileSync(fileURLToPath(new URL('../../samples/sample.mp4', import.meta.url)), film);
    library = await openLibrary(await place());
    labels = new Labels(library);
    await library.add({ ...analysisOf('film.mp4', 30, 1), path: film });
    await library.add({ ...analysisOf('other.mp4', 60, 2), path: film });
  }, 300_000);
  afterAll(() => library?.close());

  test('scenes are taken up once, answered, ranked, and written as a data set that training reads', async () => {
    expect(await labels.addScenes([1])).toBe(3);
    const count = await labels.addScenes();
    expect(count).toBe(8);
    expect(await labels.addScenes()).toBe(count);
    const scenes = await labels.scenes();
    // the later a scene, the higher: two raters who say so of everything they are asked
    const random = Random.seeded(1);
    for (const dimension of dimensions)
      for (const rater of ['Ann', 'ben'])
        for (;;) {
          const pair = nextPair(scenes, await labels.choices(dimension), raterName(rater), random);
          if (!pair) break;
          const [a, b] = pair;
          await labels.choose(rater, dimension, [a.id, b.id], Math.max(a.id, b.id));
        }
    const choices = await labels.choices('arousal');
    expect(choices).toHaveLength(2 * 28);
    expect(new Set(choices.map(({ rater }) => rater))).toEqual(new Set(['ann', 'ben']));
    expect(choiceAgreement(choices)).toEqual({ pairs: 28, same: 1, alpha: 1 });
    const ranked = rankedScenes(scenes, choices);
    expect(ranked.map(({ id }) => id)).toEqual(scenes.map(({ id }) => id).reverse());
    for (const [index, { score }] of ranked.entries()) {
      expect(score).toBeGreaterThanOrEqual(1);
      if (index > 0) expect(score).toBeLessThan(ranked[index - 1]!.score);
    }
    const out = join(folder, `set-${library.database.kind}`);
    expect(await writeLabels(labels, out)).toEqual({ clips: 8, films: 2 });
    const { clips, problems } = openDataSet(out);
    expect(problems.count).toBe(0);
    expect(clips).toHaveLength(8);
    expect(new Set(clips.map((clip) => clip.film))).toEqual(new Set(['1-film.mp4', '2-film.mp4']));
    expect(clips[0]!.part).toEqual({ start: scenes[0]!.from, end: scenes[0]!.to });
    expect(clips[0]!.arousal).toBeCloseTo(ranked.at(-1)!.score, 4);
  });

  test('a pair is kept once for each rater, and nothing else is kept', async () => {
    const before = (await labels.choices('valence')).length;
    await labels.choose('ANN', 'valence', [2, 1], 1);
    await labels.choose('ann', 'valence', [1, 2], undefined);
    const choices = await labels.choices('valence');
    expect(choices).toHaveLength(before);
    expect(choices.at(-1)).toEqual({ rater: 'ann', one: 1, other: 2 });
    await expect(labels.choose('ann', 'valence', [1, 1], 1)).rejects.toThrow('two scenes that are compared');
    await expect(labels.choose('ann', 'valence', [1, 999], 1)).rejects.toThrow(
      'two scenes that are compared',
    );
    await expect(labels.choose('ann', 'valence', [1, 2], 3)).rejects.toThrow('one of 1 and 2 expected');
    for (const rater of ['', ' ', 'low', '=1+1', 'a,b', 'x'.repeat(61)])
      await expect(labels.choose(rater, 'valence', [1, 2], 1)).rejects.toThrow('a name of 1 to 60');
  });

  test('a film that is forgotten takes its scenes and their choices along', async () => {
    await library.remove(2);
    expect((await labels.scenes()).every(({ film }) => film === 1)).toBe(true);
    expect(await labels.choices('arousal')).toHaveLength(2 * 3);
  });
});

test('scenes of 8 to 12 s end at cuts, cover the film, and leave no rest', () => {
  const shots = [0, 3, 9, 15, 30].map((from) => ({
    from,
    to: from + 1,
    begins: 'cut',
    valence: 3,
    arousal: 3,
  }));
  const scenes = scenesOf({ duration: 47, shots } as never);
  expect(scenes.map(({ from }) => from)).toEqual([0, 9, 21, 30, 38.5]);
  expect(scenes.at(-1)!.to).toBe(47);
  // a cut that would leave a rest of 5 s is passed over
  const late = [0, 12].map((from) => ({ from, to: from + 1, begins: 'cut', valence: 3, arousal: 3 }));
  expect(scenesOf({ duration: 17, shots: late } as never).map(({ from }) => from)).toEqual([0, 8.5]);
  expect(scenesOf({ duration: 5 })).toEqual([{ from: 0, to: 5 }]);
  for (const duration of [8, 15.9, 16, 17, 100, 3601])
    for (const { from, to } of scenesOf({ duration })) {
      expect(to - from).toBeGreaterThanOrEqual(8);
      expect(to - from).toBeLessThan(16);
    }
});

test("agreement is Krippendorff's alpha with either scene expected half the time", () => {
  const say = (rater: string, other: number, chosen?: number) => ({
    ...{ rater, one: 1, other },
    ...(chosen !== undefined && { chosen }),
  });
  // three pairs decided by two: alike, alike, apart; one by one alone; one that the second cannot say
  const choices = [
    ...[say('a', 2, 1), say('b', 2, 1), say('a', 3, 3), say('b', 3, 3), say('a', 4, 1), say('b', 4, 4)],
    ...[say('a', 5, 1), say('a', 6, 6), say('b', 6)],
  ];
  // observed disagreement 1/3, expected 1/2
  expect(choiceAgreement(choices)).toEqual({
    pairs: 3,
    same: expect.closeTo(2 / 3, 12),
    alpha: expect.closeTo(1 / 3, 12),
  });
  // three raters, two against one: one of three pairs of raters agrees
  expect(choiceAgreement([say('a', 2, 1), say('b', 2, 1), say('c', 2, 2)])).toEqual({
    pairs: 1,
    same: expect.closeTo(1 / 3, 12),
    alpha: expect.closeTo(-1 / 3, 12),
  });
  expect(choiceAgreement([])).toEqual({ pairs: 0 });
});

test('noisy raters who answer the pairs they are asked find the order again', () => {
  const random = Random.seeded(3);
  const scenes = Array.from({ length: 24 }, (_, id) => ({
    ...{ id: id + 1, film: 1, title: 'x', path: 'x', from: id, to: id + 1 },
  }));
  const choices: { rater: string; one: number; other: number; chosen: number }[] = [];
  for (let asked = 0; asked < 300; asked++) {
    const rater = `rater ${asked % 3}`;
    const [a, b] = nextPair(scenes, choices, rater, random)!;
    const [one, other] = [Math.min(a.id, b.id), Math.max(a.id, b.id)];
    // Thurstone, case V: two impressions with an error each
    const chosen = one + 2 * random.normal() > other + 2 * random.normal() ? one : other;
    choices.push({ rater, one, other, chosen });
  }
  const { pairs, same } = choiceAgreement(choices);
  expect(pairs).toBeGreaterThan(40);
  expect(same).toBeGreaterThan(0.6);
  const ranked = rankedScenes(scenes, choices);
  const rho =
    1 - (6 * ranked.reduce((sum, { id, rank }) => sum + (id - 1 - rank) ** 2, 0)) / (24 * (24 ** 2 - 1));
  expect(rho).toBeGreaterThan(0.9);
});
