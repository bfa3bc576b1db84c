import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { AffectPoint } from '../affect/index.ts';
import { analysisOf, modelB, randomCurve, resultOf } from '../library/analysis-fixture.ts';
import { emptyLibrary } from '../library/embedded-fixture.ts';
import { type Library, type LibraryPlace, momentsOf, onPlane, openLibrary } from '../library/index.ts';
import { hasPostgresql, PostgresqlServer } from '../library/postgresql-fixture.ts';
import { Random } from '../support/random.ts';
import { fitBasis, reduce, reduced } from './basis.ts';
import {
  emotionWords,
  nearestWords,
  passagesOf,
  planeStatement,
  quadrantOf,
  Search,
  sceneClass,
  shapeFromPoints,
  shapeFromWords,
} from './index.ts';

const folder = mkdtempSync(join(tmpdir(), 'affectline-search-'));
const server = new PostgresqlServer();
beforeAll(async () => {
  if (hasPostgresql) await server.start();
});
afterAll(async () => {
  await server.remove();
  rmSync(folder, { recursive: true });
});

const places: [string, boolean, () => Promise<LibraryPlace>][] = [
  ['embedded', true, async () => ({ folder: await emptyLibrary(folder) })],
  ['PostgreSQL', hasPostgresql, async () => ({ database: await server.createDatabase() })],
];

const seconds = 1200;
const names = Array.from({ length: 12 }, (_, index) => `film-${index}.mp4`);
const dimensions = 40;

/** Slow waves of arousal, and among them half a minute of calm, then half a minute of a peak, from `at` on. */
const withPeak = (at: number, random: Random): AffectPoint[] =>
  Array.from({ length: seconds }, (_, time) => {
    const within = time - at;
    const wave = Math.sqrt(2) * Math.sin(time / 60);
    const put = within < 30 ? -1.2 : 2.2 * Math.sin((Math.PI * (within - 30)) / 30) - 0.2;
    const height = within >= 0 && within < 60 ? put : wave;
    return { time, valence: 3 + 0.02 * random.normal(), arousal: 3 + 0.4 * height + 0.02 * random.normal() };
  });

describe.each(places.filter(([, there]) => there))('%s', (_, __, newPlace) => {
  let library: Library;
  let search: Search;
  const ids: number[] = [];
  const curves: AffectPoint[][] = [];
  const vectors: Float32Array[] = [];

  beforeAll(async () => {
    library = await openLibrary(await newPlace());
    for (const [seed, name] of names.entries()) {
      const random = Random.seeded(seed);
      const curve = seed === 5 ? withPeak(777, random) : randomCurve(seconds, random, seed % 2 === 0);
      const result = resultOf(name, curve);
      const own = Float32Array.from({ length: momentsOf(result).length * dimensions }, () => random.normal());
      ids.push(await library.add({ path: result.file, result, features: { dimensions, vectors: own } }));
      curves.push(curve);
      vectors.push(own);
    }
    search = new Search(library);
  }, 300_000);
  afterAll(async () => {
    await search.close();
    await library.close();
  });

  test('the scene nearest to a point holds the nearest of all moments, and scenes come in the order of distance', async () => {
    for (const point of [
      { valence: 0.3, arousal: -0.2 },
      { valence: -0.9, arousal: 0.9 },
    ]) {
      const all = curves.flatMap((curve, index) =>
        momentsOf({ curve, window: { length: 10, step: 1 } }).map((moment) => {
          const at = onPlane(moment);
          return {
            film: ids[index]!,
            time: moment.time,
            far: Math.hypot(at.valence - point.valence, at.arousal - point.arousal),
          };
        }),
      );
      const best = all.sort((a, b) => a.far - b.far)[0]!;
      const [first, ...others] = await search.point(point, { limit: 5 });
      expect(first!.film).toBe(best.film);
      expect(first!.distance).toBeCloseTo(best.far, 9);
      expect(first!.from).toBeLessThanOrEqual(best.time);
      expect(first!.to).toBeGreaterThanOrEqual(best.time);
      expect(others).toHaveLength(4);
      const distances = [first!, ...others].map(({ distance }) => distance);
      expect(distances).toEqual([...distances].sort((a, b) => a - b));
    }
  });

  test('a quadrant gives scenes that lie in it, and a word those about it', async () => {
    for (const name of ['excited', 'distressed', 'depressed', 'relaxed'] as const)
      for (const { affect } of await search.quadrant(name)) expect(quadrantOf(affect)).toBe(name);
    expect(await search.word('Calm', { limit: 3 })).toEqual(
      await search.point(emotionWords.get('calm')!, { limit: 3 }),
    );
    await expect(search.word('clam')).rejects.toThrow("unknown word 'clam'");
  });

  test('filters hold: films, length, and how certain the moments are', async () => {
    const point = { valence: 0, arousal: 0 };
    for (const scene of await search.point(point, { films: [ids[1]!, ids[2]!] }))
      expect([ids[1], ids[2]]).toContain(scene.film);
    expect(await search.point(point, { shortest: seconds + 1 })).toEqual([]);
    const certain = await search.point(point, { uncertainty: 0.16 });
    expect(certain.length).toBeGreaterThan(0);
    for (const { uncertainty } of certain) expect(uncertainty).toBeLessThanOrEqual(0.16);
    // only intervals that the end of the scale cuts off are narrower
    for (const { uncertainty } of await search.point(point, { uncertainty: 0.12 }))
      expect(uncertainty).toBeLessThanOrEqual(0.12);
    const shape = shapeFromWords('peak', 60);
    for (const { film } of await search.shape(shape, { films: [ids[3]!] })) expect(film).toBe(ids[3]);
    expect(await search.shape(shape, { longest: 10 })).toEqual([]);
  });

  test('a peak after calm is found where it was put, in words and drawn', async () => {
    for (const shape of [
      shapeFromWords('calm, then a peak', 60),
      shapeFromPoints([-0.4, -0.4, -0.4, -0.3, 0.5, 1, 0.5, 0], 60, 'arousal'),
    ]) {
      const [first] = await search.shape(shape, { films: [ids[5]!], limit: 1 });
      expect(first!.film).toBe(ids[5]);
      expect(Math.abs(first!.from - 777)).toBeLessThanOrEqual(5);
      expect(first!.to - first!.from).toBe(60);
    }
  });

  test('the best fit of a shape is the best of all places, by a plain search', async () => {
    const shape = shapeFromWords('rise then calm', 40);
    const [best] = await search.shape(shape, { limit: 1 });
    let least = { distance: Number.POSITIVE_INFINITY, film: 0, from: 0 };
    for (const [index, curve] of curves.entries()) {
      const values = curve.map(({ arousal }) => arousal);
      const mean = values.reduce((a, b) => a + b) / values.length;
      const deviation = Math.sqrt(
        values.reduce((sum, value) => sum + (value - mean) ** 2, 0) / values.length,
      );
      for (let from = 0; from + 40 < seconds; from += 5) {
        let squares = 0;
        for (let piece = 0; piece < 8; piece++) {
          const part = values.slice(from + 5 * piece, from + 5 * piece + 5);
          squares += ((part.reduce((a, b) => a + b) / 5 - mean) / deviation - shape.values[piece]!) ** 2;
        }
        const distance = Math.sqrt(squares / 8);
        if (distance < least.distance) least = { distance, film: ids[index]!, from };
      }
    }
    expect(best).toMatchObject({ film: least.film, from: least.from });
    expect(best!.distance).toBeCloseTo(least.distance, 4);
  });

  test('scenes like another are the nearest by whole vectors, by a plain search', async () => {
    const [film, place] = [4, 30];
    const wanted = vectors[film]!.subarray(place * dimensions, (place + 1) * dimensions);
    const all = vectors.flatMap((own, index) =>
      Array.from({ length: own.length / dimensions }, (_, at) => {
        let sum = 0;
        for (let i = 0; i < dimensions; i++) sum += (own[at * dimensions + i]! - wanted[i]!) ** 2;
        return { film: ids[index]!, at, distance: Math.sqrt(sum) };
      }),
    );
    const nearest = all
      .filter((one) => one.film !== ids[film] || Math.abs(one.at - place) > 1)
      .sort((a, b) => a.distance - b.distance);
    const scenes = await search.example(ids[film]!, place * 5, place * 5, { limit: 3 });
    expect(scenes.map((scene) => [scene.film, scene.from + 2.5])).toEqual(
      nearest.slice(0, 3).map((one) => [one.film, one.at * 5]),
    );
    for (const [index, { distance }] of scenes.entries())
      expect(distance).toBeCloseTo(nearest[index]!.distance, 3);
    await expect(search.example(ids[film]!, 99_000, 99_010)).rejects.toThrow('there is no 99000 to 99010 s');
  });

  test('what comes to the library is found, what leaves it is not, and curves of another model are not', async () => {
    const shape = shapeFromWords('calm, then a peak', 60);
    const random = Random.seeded(99);
    const result = resultOf('late.mp4', withPeak(300, random));
    const id = await library.add({ path: result.file, result });
    const found = async () => (await search.shape(shape, { limit: 100 })).some(({ film }) => film === id);
    expect(await found()).toBe(true);
    await library.remove(id);
    expect(await found()).toBe(false);
    const other = await library.add(analysisOf('other.mp4', 100, 1, modelB));
    expect(
      (await search.point({ valence: 0, arousal: 0 }, { limit: 1000 })).every(({ film }) => film === other),
    ).toBe(true);
    await library.remove(other);
    await library.use(result.model);
    expect(
      (await search.point({ valence: 0, arousal: 0 }, { limit: 20 })).some(({ film }) => film === other),
    ).toBe(false);
  });

  test('the plane is searched by its index', async () => {
    await library.database.query('analyze affectline.moment');
    // a table this small is sooner read from end to end; the question is whether the index can serve
    const plan = await library.database.transaction(async (queries) => {
      await queries.query('set local enable_seqscan = off');
      await queries.query('set local enable_bitmapscan = off');
      const { sql, parameters } = planeStatement(1, { valence: 0, arousal: 0 }, undefined, {}, 80);
      return queries.query<{ 'QUERY PLAN': string }>(`explain ${sql}`, parameters);
    });
    const text = plan.map((row) => row['QUERY PLAN']).join('\n');
    expect(text).toMatch(/Index Scan using moment_at on moment/);
    expect(text).toMatch(/Order By: \(at <-> /);
  });
});

test('a search of an empty library finds nothing', async () => {
  const library = await openLibrary({ folder: await emptyLibrary(folder) });
  const search = new Search(library);
  expect(await search.point({ valence: 0, arousal: 0 })).toEqual([]);
  expect(await search.shape(shapeFromWords('calm', 60))).toEqual([]);
  await search.close();
  await library.close();
}, 300_000);

test('a reduced vector is never farther from another than the whole one', () => {
  fc.assert(
    fc.property(
      fc.integer({ min: 1, max: 30 }),
      fc.integer({ min: 2, max: 40 }),
      fc.integer(),
      (size, count, seed) => {
        const random = Random.seeded(seed);
        const sample = Float32Array.from(
          { length: size * count },
          (_, at) => random.normal() * (1 + (at % size)),
        );
        const less = reduce(sample, fitBasis(sample, size));
        const distance = (of: Float32Array, width: number, one: number, other: number) =>
          Math.sqrt(
            Array.from(
              { length: width },
              (_, i) => (of[one * width + i]! - of[other * width + i]!) ** 2,
            ).reduce((a, b) => a + b),
          );
        for (let other = 1; other < count; other++) {
          const [short, whole] = [distance(less, reduced, 0, other), distance(sample, size, 0, other)];
          expect(short).toBeLessThanOrEqual(whole * (1 + 1e-4));
          // few dimensions are kept whole
          if (size <= reduced) expect(short).toBeCloseTo(whole, 2);
        }
      },
    ),
    { numRuns: 50 },
  );
});

test('shapes in words say what is not known', () => {
  expect(() => shapeFromWords('calm, then a bang', 60)).toThrow("'bang' is not known; words are calm,");
  expect(() => shapeFromWords(' ', 60)).toThrow('it says nothing');
  expect(shapeFromWords('sad then happy', 60).dimension).toBe('valence');
  expect(() => shapeFromPoints([0], 60, 'arousal')).toThrow('2 to 10,000 points');
  const { values } = shapeFromPoints([-1, 1], 60, 'arousal');
  expect(values).toEqual([...values].sort((a, b) => a - b));
});

test('a scene whose interval crosses a border says into what it reaches', () => {
  expect(sceneClass({ valence: 0.5, arousal: 0.5 }, 0.2)).toMatchObject({
    quadrant: 'excited',
    certain: true,
    also: [],
  });
  expect(sceneClass({ valence: 0.1, arousal: 0.5 }, 0.2)).toMatchObject({
    quadrant: 'excited',
    certain: false,
    also: ['distressed'],
  });
  expect(sceneClass({ valence: 0.1, arousal: 0.5 })).not.toHaveProperty('certain');
  expect(nearestWords({ valence: 0.47, arousal: -0.8 }, 1)).toEqual(['calm']);
  expect(nearestWords({ valence: -0.6, arousal: 0.3 }, 3)).toContain('angry');
});

test('calm and tense passages and peaks are those that were put into a film', () => {
  const curve = Array.from({ length: 300 }, (_, time) => ({
    time,
    valence: time >= 200 && time < 240 ? -0.5 : 0,
    arousal:
      time >= 60 && time < 110 ? -0.8 : time >= 200 && time < 240 ? 0.8 : time >= 150 && time < 160 ? 0.9 : 0,
    uncertainty: 0.1,
  }));
  expect(passagesOf(curve).map(({ kind, from, to, certain }) => [kind, from, to, certain])).toEqual([
    ['calm', 60, 110, true],
    ['peak', 145, 155, true],
    ['peak', 195, 205, true],
    ['tense', 200, 240, true],
  ]);
  expect(
    passagesOf(curve.map((point) => ({ ...point, uncertainty: 2 }))).every(
      ({ certain }) => certain === false,
    ),
  ).toBe(true);
  expect(passagesOf(curve.map((point) => ({ ...point, arousal: 0 })))).toEqual([]);
});
