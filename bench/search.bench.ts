// How fast a library of a million moments is searched, embedded and on PostgreSQL; goals: plane ≤ 5 ms warm and ≤ 50 ms
// cold, shape and example ≤ 120 ms. Cold: the first search after the library has been opened. Medians of 20.
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type Library, type LibraryPlace, openLibrary, pointText } from '../src/library/index.ts';
import { hasPostgresql, PostgresqlServer } from '../src/library/postgresql-fixture.ts';
import { Search, shapeFromWords } from '../src/search/index.ts';
import { describeMachine } from '../src/support/machine.ts';
import { Random } from '../src/support/random.ts';

const [films, momentsPerFilm, dimensions] = [500, 2000, 8];
const folder = mkdtempSync(join(tmpdir(), 'affectline-search-'));
const server = new PostgresqlServer();
try {
  console.log(
    `${describeMachine()}; ${films * momentsPerFilm} moments of ${films} films, ${dimensions} features`,
  );
  await measure('embedded', { folder });
  if (hasPostgresql) {
    await server.start();
    await measure('PostgreSQL', { database: await server.createDatabase() });
  }
} finally {
  await server.remove();
  rmSync(folder, { recursive: true });
}

async function measure(name: string, place: LibraryPlace): Promise<void> {
  let library = await openLibrary(place);
  const filling = await timed(() => fill(library));
  await library.close();
  library = await openLibrary(place);
  const search = new Search(library);
  const random = Random.seeded(7);
  const point = () => ({ valence: random.normal() / 3, arousal: random.normal() / 3 });
  const shape = shapeFromWords('calm, then a peak', 60);
  const rows: [string, number, string][] = [
    ['plane, cold', await timed(() => search.point(point())), '≤ 50 ms'],
    ['plane, warm', await median(() => search.point(point())), '≤ 5 ms'],
    ['quadrant, warm', await median(() => search.quadrant('excited')), '≤ 5 ms'],
    ['shape, first: reads the curves', await timed(() => search.shape(shape)), '–'],
    ['shape', await median(() => search.shape(shape)), '≤ 120 ms'],
    ['example', await median(() => search.example(1 + random.integer(films), 100, 110)), '≤ 120 ms'],
  ];
  console.log(`${name}: filled in ${(filling / 1000).toFixed(0)} s`);
  for (const [what, milliseconds, goal] of rows)
    console.log(`  ${what.padEnd(32)}${milliseconds.toFixed(1).padStart(8)} ms   goal ${goal}`);
  const sizes = await library.database.query<{ name: string; bytes: string }>(
    `select relname as name, pg_total_relation_size(oid) as bytes from pg_class
     where relnamespace = 'affectline'::regnamespace and relname in ('moment', 'curve', 'features') order by 1`,
  );
  console.log(
    `  megabytes: ${sizes.map(({ name, bytes }) => `${name} ${(Number(bytes) / 1e6).toFixed(0)}`).join(', ')}`,
  );
  await search.close();
  await library.close();
}

async function timed(work: () => Promise<unknown>): Promise<number> {
  const begun = performance.now();
  await work();
  return performance.now() - begun;
}

async function median(work: () => Promise<unknown>): Promise<number> {
  const times: number[] = [];
  for (let run = 0; run < 20; run++) times.push(await timed(work));
  return times.sort((a, b) => a - b)[10]!;
}

/** Films whose curves walk at random; without the JSON of their results, which no search reads. */
async function fill({ database }: Library): Promise<void> {
  await database.query(
    `insert into affectline.model (hash, description, current) values ('bench', '{}', true)`,
  );
  const random = Random.seeded(1);
  for (let film = 0; film < films; film++) {
    const walk = () => {
      let value = random.normal() / 3;
      return Float32Array.from({ length: momentsPerFilm * 5 }, () => {
        value += -0.02 * value + 0.06 * random.normal();
        return Math.min(Math.max(value, -1), 1);
      });
    };
    const [valence, arousal] = [walk(), walk()];
    const vectors = Float32Array.from({ length: momentsPerFilm * dimensions }, () => random.normal());
    const bytes = (values: Float32Array) => new Uint8Array(values.buffer);
    await database.transaction(async (queries) => {
      const [{ id }] = (await queries.query<{ id: string }>(
        'insert into affectline.film (hash, path, duration) values ($1, $1, $2) returning id',
        [`film ${film}`, momentsPerFilm * 5],
      )) as [{ id: string }];
      const [{ curve }] = (await queries.query<{ curve: string }>(
        `insert into affectline.curve (film_id, model_id, result, start, step, valence, arousal)
         values ($1, 1, '{}', 0, 1, $2, $3) returning id as curve`,
        [id, bytes(valence), bytes(arousal)],
      )) as [{ curve: string }];
      const moments = Array.from({ length: momentsPerFilm }, (_, index) => index * 5);
      await queries.query(
        `insert into affectline.moment (curve_id, time, at) select $1, time, at::point
         from unnest($2::real[], $3::text[]) as m(time, at)`,
        [curve, moments, moments.map((at) => pointText({ valence: valence[at]!, arousal: arousal[at]! }, 1))],
      );
      await queries.query('insert into affectline.features values ($1, $2, $3)', [
        curve,
        dimensions,
        bytes(vectors),
      ]);
    });
  }
  await database.run('analyze');
}
