import { execFileSync } from 'node:child_process';
import { mkdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, expect, test } from 'vitest';
import { affectlineClient } from './client.ts';
import { servedLibrary } from './server-fixture.ts';

const served = await servedLibrary();
mkdirSync(join(served.folder, 'runs'));
const client = affectlineClient(served.server.url);
afterAll(() => served.close());

test('films, their details, formats, scenes and comparisons are those of the routes', async () => {
  const { films, total } = await client.films();
  expect([films.length, total]).toEqual([2, 2]);
  expect(await client.films(films[0]!.id)).toMatchObject({ films: [{ id: films[1]!.id }] });
  const { id } = films[0]!;
  expect(await client.film(id)).toEqual(await served.asked(`/api/films/${id}`));
  expect((await client.formats()).map(({ name }) => name)).toContain('csv');
  const csv = await (await client.exported(id, 'csv')).text();
  expect(csv).toMatch(/^film,|time/);
  expect((await client.words()).length).toBeGreaterThan(10);
  expect(await client.search({ valence: 0, arousal: 0 })).toEqual(
    (await served.asked('/api/search?valence=0&arousal=0')).scenes,
  );
  expect(await client.searchShape([0, 1, 0], 10, 'arousal')).toBeInstanceOf(Array);
  expect((await client.compare(films[0]!.id, films[1]!.id)).times[0].length).toBeGreaterThan(2);
  expect(await client.runs()).toEqual({ runs: [], reports: [] });
});

test('ratings and choices of raters are kept, and come back', async () => {
  const trace = { rater: 'a', dimension: 'arousal' as const, times: [0, 1, 2], values: [0, 0.5, 1] };
  const { id } = (await client.films()).films[0]!;
  await client.keepTrace(id, trace);
  expect(await client.traces(id)).toEqual([trace]);
  expect((await client.takeScenes()).scenes).toBeGreaterThan(1);
  const pair = (await client.nextPair('a', 'arousal'))!;
  await client.choose({
    ...{ rater: 'a', dimension: 'arousal', pair: [pair[0].id, pair[1].id] },
    chosen: pair[0].id,
  });
  expect((await client.labels('arousal')).raters).toEqual([{ name: 'a', choices: 1 }]);
});

test('a film is brought, its analysis followed to its end, and forgotten', async () => {
  const path = join(served.folder, 'short.wav');
  execFileSync('ffmpeg', ['-v', 'error', '-f', 'lavfi', '-i', 'anoisesrc=d=2:seed=2', path]);
  const job = await client.upload('short.wav', new Blob([Uint8Array.from(readFileSync(path))]));
  const states: string[] = [];
  for await (const { state } of client.progress(job.id)) states.push(state);
  expect(states.at(-1)).toBe('done');
  const { films } = await client.films();
  const added = films.find(({ title }) => title === 'short.wav')!;
  await client.forget(added.id);
  await expect(client.film(added.id)).rejects.toThrow(/no such film/);
}, 120_000);

test('faults are told in words: what is missing, a token, nobody there', async () => {
  const missing = { code: 'not-found', message: "the library: '999': no such film" };
  await expect(client.film(999)).rejects.toMatchObject(missing);
  await expect(affectlineClient(served.guarded.url).films()).rejects.toThrow(/token/);
  const token = 'a long secret';
  expect((await affectlineClient(served.guarded.url, { token }).films()).total).toBe(2);
  await expect(affectlineClient('http://127.0.0.1:9').films()).rejects.toMatchObject({ code: 'unreachable' });
});
