import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { randomCurve, resultOf } from '../library/analysis-fixture.ts';
import { emptyLibrary } from '../library/embedded-fixture.ts';
import { type Library, momentStep, momentsOf, openLibrary } from '../library/index.ts';
import { Random } from '../support/random.ts';
import { compareFilms } from './index.ts';

const folder = mkdtempSync(join(tmpdir(), 'affectline-comparison-'));
const dimensions = 12;
let library: Library;
beforeAll(async () => {
  library = await openLibrary({ folder: await emptyLibrary(folder) });
});
afterAll(async () => {
  await library.close();
  rmSync(folder, { recursive: true });
});

/** Films of curves that have nothing to do with each other, and of vectors if given. */
function add(name: string, seconds: number, vectors?: Float32Array): Promise<number> {
  const result = resultOf(name, randomCurve(seconds, Random.seeded(seconds)));
  expect(momentsOf(result)).toHaveLength(seconds / momentStep);
  return library.add({ path: result.file, result, ...(vectors && { features: { dimensions, vectors } }) });
}

test('cuts are aligned by the vectors of their moments, whatever their curves are, and by curves where one has none', async () => {
  const random = Random.seeded(1);
  const whole = Float32Array.from({ length: 120 * dimensions }, () => random.normal());
  const cut = new Float32Array([...whole.slice(0, 50 * dimensions), ...whole.slice(62 * dimensions)]);
  const [first, second] = [await add('whole', 600, whole), await add('cut', 540, cut)];
  const found = await compareFilms(library, [first, second]);
  expect(found).toMatchObject({ by: 'content', distance: 0, alone: [[{ from: 250, to: 310 }], []] });
  const [left, right] = found.times;
  expect([left[0], right[0], left.at(-1), right.at(-1)]).toEqual([0, 0, 595, 535]);
  for (const [k, time] of left.entries())
    expect(right[k]).toBe(time < 250 ? time : time < 310 ? 245 : time - 60);
  expect((await compareFilms(library, [second, first])).alone).toEqual([[], [{ from: 250, to: 310 }]]);
  const older = await add('older', 300);
  const byCurves = await compareFilms(library, [older, first]);
  expect(byCurves.by).toBe('curves');
  expect(byCurves.times[0]).toContain(1);
  expect(byCurves.distance).toBeGreaterThan(0);
  await expect(compareFilms(library, [first, 99])).rejects.toThrow('film 99 has no curve of the model');
});

test('who leaves ends the thread', async () => {
  const vectors = new Float32Array(6000 * dimensions).fill(1);
  const film = await add('long', 30_000, vectors);
  const leaving = new AbortController();
  const asked = compareFilms(library, [film, film], { signal: leaving.signal });
  setTimeout(() => leaving.abort(new Error('left')), 1);
  await expect(asked).rejects.toThrow('left');
  await expect(compareFilms(library, [film, film], { signal: leaving.signal })).rejects.toThrow('left');
  expect((await compareFilms(library, [film, film])).distance).toBe(0);
});
