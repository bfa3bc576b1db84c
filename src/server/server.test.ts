import { execFileSync, spawn } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { connect } from 'node:net';
import { join } from 'node:path';
import { afterAll, expect, test } from 'vitest';
import { analysisOf } from '../library/analysis-fixture.ts';
import { emptyLibrary } from '../library/embedded-fixture.ts';
import { compiledEntry } from '../support/entry.ts';
import { serve } from './index.ts';
import { servedLibrary } from './server-fixture.ts';

const served = await servedLibrary();
const { folder, film, place, library, analyzer, uploads, server, ask, asked } = served;
afterAll(() => served.close());

test('films are listed with small curves, and told in full', async () => {
  const { films } = await asked('/api/films');
  expect(films).toMatchObject([
    { id: 2, title: 'other.mp4', duration: 40 },
    { id: 1, title: 'film.mp4', duration: 60, state: 'current', model: 'a' },
  ]);
  expect(films[1].curve.times).toHaveLength(60);
  expect(JSON.stringify(films)).not.toContain(folder);
  const one = await asked('/api/films/1');
  expect(one.affect.curve).toHaveLength(60);
  expect(one.class.words.length).toBeGreaterThan(0);
  expect((await ask('/api/films/9')).status).toBe(404);
  expect(await (await ask('/api/films/x')).json()).toMatchObject({ error: { code: 'bad-input' } });
});

test('films come in pages, the newest first, each with what the next one is asked by', async () => {
  const first = await asked('/api/films?limit=1');
  expect(first).toMatchObject({
    films: [{ id: 2, curve: { valence: expect.any(Array) } }],
    total: 2,
    next: 2,
  });
  const second = await asked(`/api/films?limit=1&before=${first.next}`);
  expect(second).toMatchObject({ films: [{ id: 1 }], total: 2 });
  expect(second).not.toHaveProperty('next');
  expect((await asked('/api/films?before=1')).films).toEqual([]);
  for (const query of ['limit=0', 'limit=201', 'before=x', 'limit=1.5'])
    expect((await ask(`/api/films?${query}`)).status, query).toBe(400);
});

test('the film is given whole, and in the ranges that players ask for', async () => {
  const bytes = readFileSync(film);
  const whole = await ask('/api/films/1/video');
  expect(whole.headers.get('content-type')).toBe('video/mp4');
  expect(Buffer.from(await whole.arrayBuffer()).equals(bytes)).toBe(true);
  for (const [range, first, last] of [
    ['bytes=0-0', 0, 0],
    ['bytes=1000-1999', 1000, 1999],
    [`bytes=${bytes.length - 5}-`, bytes.length - 5, bytes.length - 1],
    ['bytes=-7', bytes.length - 7, bytes.length - 1],
    [`bytes=5-${bytes.length * 2}`, 5, bytes.length - 1],
  ] as const) {
    const part = await ask('/api/films/1/video', { headers: { range } });
    expect([part.status, part.headers.get('content-range')], range).toEqual([
      206,
      `bytes ${first}-${last}/${bytes.length}`,
    ]);
    expect(Buffer.from(await part.arrayBuffer()).equals(bytes.subarray(first, last + 1)), range).toBe(true);
  }
  const beyond = await ask('/api/films/1/video', { headers: { range: `bytes=${bytes.length}-` } });
  expect([beyond.status, beyond.headers.get('content-range')]).toEqual([416, `bytes */${bytes.length}`]);
  const etag = whole.headers.get('etag')!;
  const since = (tag: string) =>
    ask('/api/films/1/video', { headers: { range: 'bytes=0-9', 'if-range': tag } });
  expect((await since(etag)).status).toBe(206);
  expect((await since('"another"')).status).toBe(200);
  const head = await ask('/api/films/1/video', { method: 'HEAD' });
  expect([head.status, head.headers.get('content-length')]).toEqual([200, String(bytes.length)]);
  // the result says /films/other.mp4, which is not there
  expect((await ask('/api/films/2/video')).status).toBe(404);
});

test('what has come in the place of a film is not waited for', async () => {
  const pipe = join(folder, 'pipe.mp4');
  execFileSync('mkfifo', [pipe]);
  const { contentHash } = analysisOf('other.mp4', 40, 2).result;
  await library.seen(contentHash!, pipe);
  expect((await ask('/api/films/2/video')).status).toBe(404);
  await library.seen(contentHash!, '/films/other.mp4');
});

test('scenes are found in every way, and what a search cannot mean is refused', async () => {
  for (const query of [
    'valence=0.2&arousal=-0.1',
    'quadrant=excited',
    'word=calm',
    'shape=calm, then a peak&length=20',
  ])
    expect((await asked(`/api/search?${query}`)).scenes, query).toBeInstanceOf(Array);
  const { scenes } = await asked('/api/search?valence=0&arousal=0&limit=3&films=2');
  expect([1, 2, 3]).toContain(scenes.length);
  for (const scene of scenes)
    expect(scene).toMatchObject({ film: 2, title: 'other.mp4', words: expect.any(Array) });
  const drawn = await ask('/api/search/shape', {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ length: 20, points: [-1, 1] }),
  });
  expect((await drawn.json()).scenes.length).toBeGreaterThan(0);
  expect((await asked('/api/words')).words).toContainEqual({
    word: 'happy',
    valence: expect.closeTo(0.8675, 9),
    arousal: expect.closeTo(0.2625, 9),
  });
  for (const query of [
    '',
    'word=calm&quadrant=excited',
    'valence=2&arousal=0',
    'word=xyzzy',
    'valence=0',
    'films=1;2&word=calm',
  ])
    expect((await ask(`/api/search?${query}`)).status, query).toBe(400);
});

test('results are handed over in every format', async () => {
  for (const { name, endings } of (await asked('/api/formats')).formats) {
    const response = await ask(`/api/films/1/export/${name}?part=${endings.length - 1}`);
    expect(response.headers.get('content-disposition'), name).toContain(
      `filename="film.mp4.affect${endings.at(-1)}"`,
    );
    expect((await response.arrayBuffer()).byteLength).toBeGreaterThan(100);
  }
  expect((await ask('/api/films/1/export/doc')).status).toBe(400);
});

test('fifty ask at once, and one of them stops reading', async () => {
  const slow = connect(server.port, '127.0.0.1');
  slow.write(`GET /api/films/1/video HTTP/1.1\r\nHost: 127.0.0.1:${server.port}\r\n\r\n`);
  slow.pause();
  const all = await Promise.all(
    Array.from({ length: 50 }, () => ask('/api/films').then((answer) => answer.json())),
  );
  for (const { films } of all) expect(films).toHaveLength(2);
  slow.destroy();
  expect(await asked('/api/health')).toMatchObject({ status: 'ok', films: 2 });
  expect(await (await ask('/metrics')).text()).toMatch(/^affectline_films 2$/m);
});

test('a port that is taken is named', async () => {
  const taken = { port: server.port, uploads, version: '0.0.0' };
  await expect(serve({ library, analyzer, ...taken })).rejects.toThrow(`port ${server.port} is taken`);
});

test('the command serves a library, refuses one that is served, and ends cleanly', async () => {
  const program = compiledEntry(import.meta.url.replace('/server/', '/cli/'), 'main');
  const start = (...given: string[]) =>
    spawn(process.execPath, [program, 'serve', '--port', '0', ...given], { cwd: folder });
  const refused = start('--library', place);
  expect(await said(refused, 'stderr')).toContain(`${process.pid}`);
  const own = await emptyLibrary(folder);
  const child = start('--library', own);
  const url = (await said(child, 'stdout')).trim();
  expect((await fetch(new URL('/api/health', url))).status).toBe(200);
  const ended = new Promise((resolve) => child.once('exit', resolve));
  child.kill('SIGINT');
  expect(await ended).toBe(130);
  const path = join(folder, 'tone.wav');
  execFileSync('ffmpeg', ['-v', 'error', '-f', 'lavfi', '-i', 'sine=d=2', path]);
  execFileSync(process.execPath, [program, 'library', 'add', path, '--library', own]);
  const shown = start('--library', own, '--film', path);
  expect((await said(shown, 'stdout')).trim()).toMatch(/^http:\/\/127\.0\.0\.1:\d+\/#\/film\/1$/);
  shown.kill('SIGINT');
}, 120_000);

/** The first that a program says. */
function said(child: ReturnType<typeof spawn>, where: 'stdout' | 'stderr'): Promise<string> {
  return new Promise((resolve) => child[where]!.once('data', (data) => resolve(String(data))));
}
