import { mkdirSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, expect, test } from 'vitest';
import { readCurves } from '../datasets/index.ts';
import { servedLibrary } from './server-fixture.ts';

const served = await servedLibrary();
const { folder, guarded, ask, asked } = served;
afterAll(() => served.close());

test('scenes are compared in pairs by raters, with what that makes of them', async () => {
  const send = (path: string, body: unknown) =>
    ask(path, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify(body),
    });
  expect(await (await send('/api/labels/scenes', { films: [1] })).json()).toEqual({ scenes: 5 });
  expect((await ask('/api/labels/labels.csv')).status).toBe(404);
  for (const dimension of ['valence', 'arousal'])
    for (const rater of ['Ann', 'Ben']) {
      const { pair } = await asked(`/api/labels/pair?rater=${rater}&dimension=${dimension}`);
      const ids = pair.map(({ id }: { id: number }) => id);
      expect(pair[0]).toMatchObject({ film: 1, title: 'film.mp4' });
      const said = { rater, dimension, pair: ids, chosen: Math.max(...ids) };
      expect((await send('/api/labels/choices', said)).status).toBe(204);
    }
  const overview = await asked('/api/labels?dimension=arousal');
  expect(overview).toMatchObject({
    scenes: 5,
    raters: expect.arrayContaining([{ name: 'ann', choices: 1 }]),
  });
  expect(JSON.stringify(overview)).not.toContain(folder);
  expect(overview.ranking[0].score).toBeGreaterThan(overview.ranking.at(-1).score);
  for (const said of [
    { rater: 'Ann', dimension: 'arousal', pair: [1, 2], chosen: 3 },
    { rater: 'low', dimension: 'arousal', pair: [1, 2] },
    { rater: 'Ann', dimension: 'joy', pair: [1, 2] },
    { rater: 'Ann', dimension: 'arousal', pair: [1] },
  ])
    expect((await send('/api/labels/choices', said)).status).toBe(400);
  expect(
    (await send('/api/labels/choices', { rater: 'Ann', dimension: 'arousal', pair: [1, 99] })).status,
  ).toBe(404);
});

test('ratings drawn while a film plays are kept for each rater, and read back from their table', async () => {
  const put = (body: unknown, id = 1) =>
    ask(`/api/films/${id}/traces`, {
      method: 'PUT',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify(body),
    });
  const ann = { rater: 'Ann', dimension: 'arousal', times: [1, 2.5, 10], values: [0, 0.5, -1] };
  const ben = { rater: 'ben', dimension: 'arousal', times: [0, 4], values: [1, 1] };
  expect((await ask('/api/films/1/ratings.csv')).status).toBe(404);
  for (const trace of [{ ...ann, values: [1, 1, 1] }, ann, ben, { ...ann, dimension: 'valence' }])
    expect((await put(trace)).status).toBe(204);
  expect((await asked('/api/films/1/traces')).traces).toEqual([
    { ...ann, rater: 'ann', dimension: 'valence' },
    { ...ann, rater: 'ann' },
    ben,
  ]);
  const response = await ask('/api/films/1/ratings.csv');
  expect(response.headers.get('content-disposition')).toContain("''film.csv");
  writeFileSync(join(folder, 'film.csv'), await response.text());
  const [labels] = readCurves(join(folder, 'film.csv'));
  expect(labels).toMatchObject({ film: 'film', kind: 'elicited', scale: { lowest: 1, highest: 5 } });
  const raters = new Map(labels!.tracks.get('arousal')!.raters.map(({ name, values }) => [name, values]));
  const at = (rater: string, time: number) => raters.get(rater)![labels!.times.indexOf(time)]!;
  // halfway from 0 to 0.5 on -1 ... 1, and a third of the way from 0.5 to -1
  expect(at('ann', 1.75)).toBeCloseTo(3.5, 4);
  expect(at('ann', 5)).toBeCloseTo(3 + 2 * (0.5 - 0.5), 4);
  expect(at('ann', 0)).toBeNaN();
  expect(at('ben', 4)).toBe(5);
  expect(at('ben', 4.25)).toBeNaN();
  for (const wrong of [
    { ...ann, times: [1, 1, 2] },
    { ...ann, times: [1, 2] },
    { ...ann, times: [-1, 2, 3] },
    { ...ann, times: [1, 2, 300] },
    { ...ann, values: [0, 0, 1.5] },
    { ...ann, rater: 'high' },
  ])
    expect((await put(wrong)).status).toBe(400);
  expect((await put(ann, 99)).status).toBe(404);
  const large = await put({ ...ann, times: new Array(5_000_000).fill(1) });
  expect([large.status, (await large.json()).error.code]).toEqual([413, 'bad-input']);
});

test('two films are aligned by their content, and by their curves where one has no vectors', async () => {
  const { by, times, alone, distance } = await asked('/api/films/1/compare/2');
  expect([times[0][0], times[1][0], times[0].at(-1), times[1].at(-1)]).toEqual([0, 0, 59, 39]);
  for (const own of times) expect(own).toEqual([...own].sort((a, b) => a - b));
  expect(by).toBe('curves');
  expect(alone).toHaveLength(2);
  expect(distance).toBeGreaterThan(0);
  const same = await asked('/api/films/1/compare/1');
  expect(same).toMatchObject({ by: 'content', alone: [[], []] });
  expect(same.times[0].slice(0, 3)).toEqual([0, 5, 10]);
  expect(same.times[0]).toEqual(same.times[1]);
  expect(same.distance).toBe(0);
  expect((await ask('/api/films/1/compare/99')).status).toBe(404);
  expect((await ask('/api/films/1/compare/x')).status).toBe(400);
});

test('trainings and reports are shown from their folder, and nothing that a link leads to', async () => {
  const epoch = {
    ...{ trainLoss: 2, validationError: 1, valenceError: 1, arousalError: 1, valenceR: 0.5, arousalR: 0.4 },
    wallTime: 7,
  };
  for (const name of ['a', 'b/c']) mkdirSync(join(folder, 'runs', name), { recursive: true });
  const lines = [1, 2].map((n) => JSON.stringify({ epoch: n, ...epoch }));
  writeFileSync(join(folder, 'runs/b/c/metrics.jsonl'), `${lines.join('\n')}\n{"epoch":`);
  writeFileSync(join(folder, 'runs/b/report.md'), '# What came out\n');
  symlinkSync('/etc/hostname', join(folder, 'runs/a/report.md'));
  const { runs, reports } = await asked('/api/runs');
  expect(runs).toMatchObject([{ name: 'b/c', epochs: [{ epoch: 1 }, { epoch: 2, valenceR: 0.5 }] }]);
  expect(reports).toEqual([{ name: 'b', text: '# What came out\n' }]);
  const headers = { authorization: 'Bearer a long secret' };
  const without = await fetch(new URL('/api/runs', guarded.url), { headers });
  expect(await without.json()).toEqual({ runs: [], reports: [] });
});
