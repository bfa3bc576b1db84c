import { execFileSync, spawn } from 'node:child_process';
import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { analysisOf, modelA, modelB, resultOf } from './analysis-fixture.ts';
import { emptyLibrary } from './embedded-fixture.ts';
import { addWithin, type Library, type LibraryPlace, momentsOf, openLibrary, unpacked } from './index.ts';
import { hasPostgresql, PostgresqlServer } from './postgresql-fixture.ts';

const folder = mkdtempSync(join(tmpdir(), 'affectline-library-'));
const server = new PostgresqlServer();
const compiled = fileURLToPath(new URL('../../dist/library/index.js', import.meta.url));
beforeAll(async () => {
  await emptyLibrary(folder);
  if (hasPostgresql) await server.start();
}, 300_000);
afterAll(async () => {
  await server.remove();
  rmSync(folder, { recursive: true });
});

const places: [string, boolean, () => Promise<LibraryPlace>][] = [
  ['embedded', true, async () => ({ folder: await emptyLibrary(folder) })],
  ['PostgreSQL', hasPostgresql, async () => ({ database: await server.createDatabase() })],
];

describe.each(places.filter(([, there]) => there))('%s', (_, __, newPlace) => {
  let place: LibraryPlace;
  let library: Library;
  beforeAll(async () => {
    place = await newPlace();
    library = await openLibrary(place);
  });
  afterAll(() => library.close());

  test('a film is kept with its result, and found by number, hash, path and name', async () => {
    const analysis = analysisOf('found.mp4', 60, 1);
    const id = await library.add(analysis);
    const film = await library.film(id);
    expect(film).toMatchObject({
      id,
      hash: analysis.result.contentHash,
      path: '/films/found.mp4',
      duration: 60,
      state: 'current',
      model: 'a',
    });
    for (const name of [film.hash, film.hash.slice(7, 17), '/films/found.mp4', 'found.mp4'])
      expect(await library.film(name)).toEqual(film);
    expect(await library.result(id)).toEqual(analysis.result);
    expect(await library.films()).toContainEqual(film);
    await expect(library.film('lost.mp4')).rejects.toThrow("'lost.mp4': no such film");
    await expect(library.film("x' or true --")).rejects.toThrow('no such film');
  });

  test('the same content is the same film, wherever it lies, and its curve is not doubled', async () => {
    const analysis = analysisOf('same.mp4', 30, 2);
    expect(await library.has(analysis.result.contentHash, modelA)).toBe(false);
    const id = await library.add(analysis);
    expect(await library.has(analysis.result.contentHash, modelA)).toBe(true);
    expect(await library.add({ ...analysis, path: '/elsewhere/same.mp4' })).toBe(id);
    const curves = await library.database.query('select id from affectline.curve where film_id = $1', [id]);
    expect(curves).toHaveLength(1);
    expect((await library.film(id)).path).toBe('/elsewhere/same.mp4');
  });

  test('films are given in pages, the newest first', async () => {
    const own = await openLibrary(await newPlace());
    try {
      const ids: number[] = [];
      for (let i = 0; i < 5; i++) ids.push(await own.add(analysisOf(`${i}.mp4`, 20, i)));
      const pageOf = async (before?: number) =>
        (await own.latestFilms({ limit: 2, ...(before !== undefined && { before }) })).map(({ id }) => id);
      expect(await pageOf()).toEqual([ids[4], ids[3]]);
      // what comes in between does not move the pages after it
      const newest = await own.add(analysisOf('new.mp4', 20, 9));
      expect(await pageOf(ids[3])).toEqual([ids[2], ids[1]]);
      await own.remove(ids[1]!);
      expect(await pageOf(ids[1])).toEqual([ids[0]]);
      expect(await pageOf(ids[0])).toEqual([]);
      expect(await pageOf()).toEqual([newest, ids[4]]);
      expect([...(await own.curves([ids[4]!, newest])).keys()].sort()).toEqual([ids[4], newest]);
    } finally {
      await own.close();
    }
  });

  test('curves are kept on −1 … 1, with a moment each five seconds', async () => {
    const analysis = analysisOf('plane.mp4', 33, 3);
    const id = await library.add(analysis);
    const [row] = await library.database.query<{ valence: Uint8Array; count: string }>(
      `select valence, (select count(*) from affectline.moment where curve_id = curve.id) as count
       from affectline.curve where film_id = $1`,
      [id],
    );
    const expected = analysis.result.curve.map(({ valence }) => Math.fround((valence - 3) / 2));
    expect([...unpacked(row!.valence)]).toEqual(expected);
    expect(Number(row!.count)).toBe(7);
    expect(momentsOf(analysis.result).map(({ time }) => time)).toEqual([0, 5, 10, 15, 20, 25, 30]);
  });

  test('when another model comes, what the earlier ones made is stale, and fresh again when they return', async () => {
    const own = await openLibrary(await newPlace());
    try {
      const first = await own.add(analysisOf('one.mp4', 20, 4));
      const second = await own.add(analysisOf('two.mp4', 20, 5));
      await own.add(analysisOf('one.mp4', 20, 6, modelB));
      const states = async () => (await own.films()).map(({ id, state, model }) => [id, state, model]);
      expect(await states()).toEqual([
        [first, 'current', 'b'],
        [second, 'stale', 'a'],
      ]);
      expect((await own.result(first)).model.name).toBe('b');
      expect(
        (await own.models()).map(({ description, current, films }) => [description.name, current, films]),
      ).toEqual([
        ['a', false, 2],
        ['b', true, 1],
      ]);
      await own.use(modelA);
      expect(await states()).toEqual([
        [first, 'current', 'a'],
        [second, 'current', 'a'],
      ]);
    } finally {
      await own.close();
    }
  });

  test('a film that is taken out leaves nothing behind', async () => {
    const result = {
      ...analysisOf('gone.mp4', 20, 7).result,
      shots: [{ from: 0, to: 20, begins: 'start' as const, valence: 3, arousal: 3 }],
    };
    const features = { dimensions: 2, vectors: new Float32Array(8) };
    const id = await library.add({ path: '/films/gone.mp4', result, features });
    const [{ curve }] = (await library.database.query<{ curve: string }>(
      'select id as curve from affectline.curve where film_id = $1',
      [id],
    )) as [{ curve: string }];
    await library.remove(id);
    await expect(library.film(id)).rejects.toThrow('no such film');
    for (const table of ['moment', 'features', 'shot'])
      expect(
        await library.database.query(`select 1 from affectline.${table} where curve_id = $1`, [curve]),
      ).toEqual([]);
  });

  test('what is added with something else comes with it or not at all', async () => {
    const analysis = analysisOf('half.mp4', 20, 8);
    const failing = library.database.transaction(async (queries) => {
      await addWithin(queries, analysis);
      throw new Error('the other half fails');
    });
    await expect(failing).rejects.toThrow('the other half fails');
    await expect(library.film('half.mp4')).rejects.toThrow('no such film');
  });

  test('an untrained model, which has no scale and no hash, can be kept as well', async () => {
    const own = await openLibrary(await newPlace());
    try {
      const model = { name: 'untrained', preset: 'compact', trained: false, synthetic: false } as const;
      const id = await own.add({
        path: 'x',
        result: resultOf('x', [{ time: 0, valence: 2, arousal: -7 }], model),
      });
      expect(await own.film(id)).toMatchObject({ state: 'current', clip: { valence: 2, arousal: -7 } });
    } finally {
      await own.close();
    }
  });

  test('a library of a later version is refused', async () => {
    const later = await newPlace();
    const own = await openLibrary(later);
    await own.database.query('insert into affectline.migration values (999)');
    await own.close();
    await expect(openLibrary(later)).rejects.toThrow('version 999, which a later affectline made');
  });
});

test.skipIf(!hasPostgresql)('several processes may open a new PostgreSQL library at once', async () => {
  const database = await server.createDatabase();
  const libraries = await Promise.all([1, 2, 3, 4].map(() => openLibrary({ database })));
  const ids = await Promise.all(
    libraries.map((library, index) => library.add(analysisOf('one.mp4', 20, index))),
  );
  expect(new Set(ids).size).toBe(1);
  expect(await libraries[0]!.films()).toHaveLength(1);
  await Promise.all(libraries.map((library) => library.close()));
});

test('a database that cannot be reached is named, without its password', async () => {
  const failure = openLibrary({ database: 'postgres://me:secret@127.0.0.1:1/films' });
  await expect(failure).rejects.toThrow(/^database postgres:\/\/me@127\.0\.0\.1:1\/films: /);
});

test('a second process on a folder is refused by name, and takes over when the first is killed', async () => {
  const place = { folder: await emptyLibrary(folder) };
  const program = `
    const { openLibrary } = await import(${JSON.stringify(compiled)});
    const library = await openLibrary(${JSON.stringify(place)});
    for (let n = 0; ; n++) {
      await library.database.query('create table if not exists count (n int)');
      await library.database.query('insert into count values ($1)', [n]);
      console.log(n);
    }`;
  const other = spawn(process.execPath, ['--input-type=module', '-e', program], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  let acknowledged = -1;
  await new Promise<void>((resolve) => {
    let text = '';
    other.stdout.on('data', (data) => {
      text += data;
      acknowledged = text.split('\n').length - 2;
      if (acknowledged > 20) resolve();
    });
  });
  await expect(openLibrary(place)).rejects.toThrow(`process ${other.pid}`);
  const ended = new Promise((resolve) => other.once('close', resolve));
  other.kill('SIGKILL');
  await ended;
  const library = await openLibrary(place);
  // nothing that was acknowledged is lost
  const rows = await library.database.query<{ n: number }>('select n from count order by n');
  expect(rows.length).toBeGreaterThan(acknowledged);
  expect(rows.map(({ n }) => n)).toEqual(rows.map((_, index) => index));
  await library.close();
});

test('a folder that holds something else is refused, and left as it is', async () => {
  const place = { folder: mkdtempSync(join(folder, 'library-')) };
  execFileSync('sh', ['-c', 'mkdir database && echo mine > database/PG_VERSION'], { cwd: place.folder });
  await expect(openLibrary(place)).rejects.toThrow(/its database cannot be opened/);
  expect(existsSync(join(place.folder, 'database/PG_VERSION'))).toBe(true);
});
