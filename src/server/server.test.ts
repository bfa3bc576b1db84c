import { execFileSync, spawn } from 'node:child_process';
import {
  copyFileSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import pino from 'pino';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { openAnalyzer } from '../analysis/node/index.ts';
import { readCurves } from '../datasets/index.ts';
import { analysisOf } from '../library/analysis-fixture.ts';
import { emptyLibrary } from '../library/embedded-fixture.ts';
import { type Library, openLibrary } from '../library/index.ts';
import { compiledEntry } from '../support/entry.ts';
import { type RunningServer, serve } from './index.ts';

const sample = fileURLToPath(new URL('../../samples/sample.mp4', import.meta.url));
const folder = mkdtempSync(join(tmpdir(), 'affectline-server-'));
const film = join(folder, 'film.mp4');
let library: Library;
let analyzer: Awaited<ReturnType<typeof openAnalyzer>>;
let server: RunningServer;
let guarded: RunningServer;
let place: string;

beforeAll(async () => {
  copyFileSync(sample, film);
  place = await emptyLibrary(folder);
  library = await openLibrary({ folder: place });
  analyzer = await openAnalyzer({ preset: 'compact', streams: ['sound'] });
  const { result } = analysisOf('film.mp4', 60, 1);
  await library.add({
    path: film,
    result,
    features: { dimensions: 2, vectors: new Float32Array(24).fill(1) },
  });
  await library.add(analysisOf('other.mp4', 40, 2));
  const limits = { film: 3_000_000, all: 5_000_000 };
  const common = { library, analyzer, limits, port: 0, version: '0.0.0', log: pino({ level: 'silent' }) };
  const runs = join(folder, 'runs');
  const epoch = {
    trainLoss: 2,
    validationError: 1,
    valenceError: 1,
    arousalError: 1,
    valenceR: 0.5,
    arousalR: 0.4,
  };
  for (const name of ['a', 'b/c']) mkdirSync(join(runs, name), { recursive: true });
  const lines = [1, 2].map((n) => JSON.stringify({ epoch: n, ...epoch, wallTime: 7 }));
  writeFileSync(join(runs, 'b/c/metrics.jsonl'), `${lines.join('\n')}\n{"epoch":`);
  writeFileSync(join(runs, 'b/report.md'), '# What came out\n');
  symlinkSync('/etc/hostname', join(runs, 'a/report.md'));
  server = await serve({ ...common, runs, uploads: join(folder, 'uploads') });
  const names = ['films.example', 'films.example:8000'];
  guarded = await serve({ ...common, uploads: join(folder, 'uploads'), token: 'a long secret', names });
}, 300_000);
afterAll(async () => {
  await server?.close();
  await guarded?.close();
  await analyzer?.close();
  await library?.close();
  rmSync(folder, { recursive: true });
});

const ask = (path: string, init?: RequestInit) => fetch(new URL(path, server.url), init);
const asked = async (path: string) => {
  const response = await ask(path);
  expect(response.status, path).toBe(200);
  return await response.json();
};

test('films are listed with small curves, and told in full', async () => {
  const { films } = await asked('/api/films');
  expect(films).toMatchObject([
    { id: 1, title: 'film.mp4', duration: 60, state: 'current', model: 'a' },
    { id: 2, title: 'other.mp4', duration: 40 },
  ]);
  expect(films[0].curve.times).toHaveLength(60);
  expect(JSON.stringify(films)).not.toContain(folder);
  const one = await asked('/api/films/1');
  expect(one.affect.curve).toHaveLength(60);
  expect(one.class.words.length).toBeGreaterThan(0);
  expect((await ask('/api/films/9')).status).toBe(404);
  expect(await (await ask('/api/films/x')).json()).toMatchObject({ error: { code: 'bad-input' } });
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
  expect(labels).toMatchObject({ film: 'film', kind: 'elicited' });
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
});

test('two films are aligned by the course of their curves', async () => {
  const { times, distance } = await asked('/api/films/1/compare/2');
  expect([times[0][0], times[1][0], times[0].at(-1), times[1].at(-1)]).toEqual([0, 0, 59, 39]);
  for (const own of times) expect(own).toEqual([...own].sort((a, b) => a - b));
  expect(distance).toBeGreaterThan(0);
  const same = await asked('/api/films/1/compare/1');
  expect(same.times[0]).toEqual(same.times[1]);
  expect(same.distance).toBe(0);
  expect((await ask('/api/films/1/compare/99')).status).toBe(404);
  expect((await ask('/api/films/1/compare/x')).status).toBe(400);
});

test('trainings and reports are shown from their folder, and nothing that a link leads to', async () => {
  const { runs, reports } = await asked('/api/runs');
  expect(runs).toMatchObject([{ name: 'b/c', epochs: [{ epoch: 1 }, { epoch: 2, valenceR: 0.5 }] }]);
  expect(reports).toEqual([{ name: 'b', text: '# What came out\n' }]);
  const headers = { authorization: 'Bearer a long secret' };
  const without = await fetch(new URL('/api/runs', guarded.url), { headers });
  expect(await without.json()).toEqual({ runs: [], reports: [] });
});

const upload = (name: string, body: Uint8Array, to = server.url) =>
  fetch(new URL(`/api/films?name=${encodeURIComponent(name)}`, to), {
    method: 'POST',
    body: Uint8Array.from(body),
  });

test('a film that is brought is analyzed, with its progress, and forgotten', async () => {
  const path = join(folder, 'short.wav');
  execFileSync('ffmpeg', ['-v', 'error', '-f', 'lavfi', '-i', 'anoisesrc=d=2:seed=1', path]);
  const response = await upload('../../a "film" <1>.wav', readFileSync(path));
  expect(response.status).toBe(202);
  const { job } = await response.json();
  expect(job.title).toBe('a _film_ _1_.wav');
  const events = await (await ask(`/api/jobs/${job.id}/events`)).text();
  const last = JSON.parse(
    events
      .trim()
      .split('\n')
      .filter((line) => line.startsWith('data: '))
      .at(-1)!
      .slice(6),
  );
  expect(last).toMatchObject({ id: job.id, state: 'done', done: 1 });
  const { films } = await asked('/api/films');
  const added = films.find(({ title }: { title: string }) => title.endsWith('a _film_ _1_.wav'));
  expect(added.duration).toBeCloseTo(2, 1);
  expect((await ask(`/api/films/${added.id}`, { method: 'DELETE' })).status).toBe(204);
  expect((await ask(`/api/films/${added.id}`)).status).toBe(404);
}, 120_000);

test('what is no film, or too much, is refused and leaves nothing behind', async () => {
  const before = readdirSync(join(folder, 'uploads')).length;
  const text = await upload('notes.mp4', Buffer.from('no film at all'));
  expect([text.status, (await text.json()).error.message]).toEqual([
    400,
    expect.stringMatching(/^notes\.mp4|'notes\.mp4'/),
  ]);
  const large = await upload('large.mp4', Buffer.alloc(3_000_001));
  expect([large.status, (await large.json()).error.code]).toEqual([507, 'no-space']);
  writeFileSync(join(folder, 'uploads', 'others.bin'), Buffer.alloc(4_900_000));
  expect((await upload('film.mp4', readFileSync(film))).status).toBe(507);
  rmSync(join(folder, 'uploads', 'others.bin'));
  expect((await ask('/api/films?name=x.mp4', { method: 'POST' })).status).toBe(400);
  expect(readdirSync(join(folder, 'uploads'))).toHaveLength(before);
});

interface Route {
  method: string;
  path: string;
}

/** Every route of the document, with numbers for its parameters. */
async function routes(): Promise<Route[]> {
  const { paths } = await asked('/api/openapi.json');
  const all = Object.entries(paths as Record<string, object>).flatMap(([path, methods]) =>
    Object.keys(methods).map((method) => ({
      method: method.toUpperCase(),
      path: path.replace('{format}', 'json').replaceAll(/\{\w+\}/g, '1'),
    })),
  );
  expect(all.length).toBeGreaterThan(12);
  return [...all, { method: 'GET', path: '/api/openapi.json' }, { method: 'GET', path: '/' }];
}

/** The status of a request whose headers are what we like, which `fetch` does not allow. */
function raw(port: number, head: string): Promise<number> {
  return new Promise((resolve, reject) => {
    const socket = connect(port, '127.0.0.1', () => socket.write(`${head}\r\nConnection: close\r\n\r\n`));
    let text = '';
    socket.on('data', (data) => {
      text += data;
    });
    socket.on('end', () => resolve(Number(/^HTTP\/1\.1 (\d+)/.exec(text)?.[1])));
    socket.on('error', reject);
  });
}

describe('who may ask', () => {
  test('every route refuses a foreign host', async () => {
    for (const { method, path } of await routes())
      for (const host of [
        'evil.example',
        `evil.example:${server.port}`,
        '127.0.0.1',
        `127.0.0.1:${server.port + 1}`,
      ])
        expect(
          await raw(server.port, `${method} ${path} HTTP/1.1\r\nHost: ${host}`),
          `${method} ${path}`,
        ).toBe(403);
  });

  test('every route that writes refuses foreign pages', async () => {
    const host = `Host: 127.0.0.1:${server.port}`;
    const writing = (await routes()).filter(({ method }) => method !== 'GET');
    expect(writing.length).toBeGreaterThan(2);
    for (const { method, path } of writing)
      for (const header of ['Origin: http://evil.example', 'Origin: null', 'Sec-Fetch-Site: cross-site'])
        expect(await raw(server.port, `${method} ${path} HTTP/1.1\r\n${host}\r\n${header}`), path).toBe(403);
  });

  test('every route refuses those who do not know the token, where there is one', async () => {
    for (const { method, path } of await routes())
      for (const headers of [
        {},
        { authorization: 'Bearer wrong' },
        { cookie: 'affectline-token=a long secreT' },
      ])
        expect((await fetch(new URL(path, guarded.url), { method, headers })).status, path).toBe(403);
    const headers = { authorization: 'Bearer a long secret' };
    expect((await fetch(new URL('/api/films', guarded.url), { headers })).status).toBe(200);
    // a person is told in words
    const refused = await fetch(guarded.url.replace(/\?.*/, ''), { headers: { accept: 'text/html,*/*' } });
    expect([refused.status, refused.headers.get('content-type')]).toEqual([403, 'text/html; charset=UTF-8']);
    expect(await refused.text()).toContain('open to those who know its token');
    // a browser is let in by the address that was printed, and keeps a cookie
    const entered = await fetch(guarded.url, { redirect: 'manual' });
    expect([entered.status, entered.headers.get('location')]).toEqual([302, '/']);
    const [cookie] = entered.headers.get('set-cookie')!.split(';');
    expect((await fetch(new URL('/api/films', guarded.url), { headers: { cookie: cookie! } })).status).toBe(
      200,
    );
    for (const [host, status] of [
      ['films.example', 200],
      ['films.example:8000', 200],
      ['films.example:8001', 403],
    ] as const)
      expect(
        await raw(
          guarded.port,
          `GET /api/films HTTP/1.1\r\nHost: ${host}\r\nAuthorization: Bearer a long secret`,
        ),
      ).toBe(status);
  });

  test('nothing outside the library is read, whatever the path', async () => {
    const secret = readFileSync('/etc/hostname', 'utf8').trim();
    const steps = ['../', '..%2f', '%2e%2e/', '..%5c', '....//', '%252e%252e%252f', '..%c0%af', '/'];
    const bases = [
      '/',
      '/api/',
      '/api/films/',
      '/api/films/1/',
      '/api/films/1/export/',
      '/api/films/1/video/',
    ];
    for (const base of bases)
      for (const step of steps)
        for (const target of ['etc/hostname', 'etc/hostname%00.json', 'proc/self/environ']) {
          const path = base + step.repeat(8) + target;
          const response = await raw(server.port, `GET ${path} HTTP/1.1\r\nHost: 127.0.0.1:${server.port}`);
          expect([400, 403, 404], path).toContain(response);
        }
    expect(secret.length).toBeGreaterThan(0);
  });

  test('every answer says what a page may load', async () => {
    for (const { method, path } of await routes()) {
      const { headers } = await ask(path, { method });
      expect(headers.get('content-security-policy'), path).toContain("default-src 'self'");
      expect(headers.get('x-content-type-options')).toBe('nosniff');
    }
    // one of the routes forgets film 1
    await library.add(analysisOf('film.mp4', 60, 1));
  });
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
  const taken = { port: server.port, uploads: join(folder, 'uploads'), version: '0.0.0' };
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
