import { execFile } from 'node:child_process';
import {
  copyFileSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { emptyLibrary } from '../library/embedded-fixture.ts';
import { hasPostgresql, PostgresqlServer } from '../library/postgresql-fixture.ts';

const main = fileURLToPath(new URL('../../dist/cli/main.js', import.meta.url));
const sample = fileURLToPath(new URL('../../samples/sample.mp4', import.meta.url));
const folder = mkdtempSync(join(tmpdir(), 'affectline-library-cli-'));
const server = new PostgresqlServer();
let library: string;

beforeAll(async () => {
  library = await emptyLibrary(folder);
  copyFileSync(sample, join(folder, 'film.mp4'));
}, 300_000);
afterAll(async () => {
  await server.remove();
  rmSync(folder, { recursive: true });
});

interface Ended {
  code: number;
  stdout: string;
  stderr: string;
}

/** Runs `affectline` to its end. */
async function affectline(...given: string[]): Promise<Ended> {
  try {
    return { code: 0, ...(await promisify(execFile)(process.execPath, [main, ...given], { cwd: folder })) };
  } catch (error) {
    return error as Ended;
  }
}

test('a film is added once, listed, shown, searched, exported and removed', async () => {
  const place = ['--library', library];
  const added = await affectline('library', 'add', 'film.mp4', ...place);
  expect(added).toMatchObject({ code: 0, stdout: '1  film.mp4\n' });
  expect((await affectline('library', 'add', 'film.mp4', ...place)).stderr).toContain(
    'film.mp4: known already',
  );
  expect((await affectline('library', 'list', ...place)).stdout).toMatch(
    /^ +1 +0:32 +valence -?\d\.\d\d +arousal .*film\.mp4\n$/,
  );
  expect((await affectline('library', 'show', 'film.mp4', ...place)).stdout).toMatch(
    /nearest words: [\s\S]*shots?\n/,
  );
  const alike = await affectline('search', '--like', 'film.mp4', '--at', '0,5', '--json', ...place);
  const scenes = alike.stdout
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line));
  expect(scenes[0]).toMatchObject({ film: 1, quadrant: expect.any(String) });
  for (const { from } of scenes) expect(from).toBeGreaterThanOrEqual(5);
  const found = await affectline('search', '--quadrant', 'excited', '--json', ...place);
  for (const line of found.stdout.trim().split('\n').filter(Boolean))
    expect(JSON.parse(line)).toMatchObject({ film: 1, path: join(folder, 'film.mp4'), quadrant: 'excited' });
  expect((await affectline('search', '--word', 'happy', ...place)).stdout).toMatch(
    /^0:\d\d … 0:\d\d {2}\/.*\/film\.mp4\n/,
  );
  const table = (await affectline('library', 'export', '--format', 'csv', ...place)).stdout.split('\n');
  expect(table[0]).toMatch(/^film,time/);
  expect(table.filter((row) => row.startsWith('film.mp4,'))).toHaveLength(32);
  const files = await affectline('library', 'export', '--format', 'elan', '--out', 'handed', ...place);
  expect(files.stdout.split('\n')[0]).toBe(join('handed', '1-film.mp4.affect.eaf'));
  expect(readdirSync(join(folder, 'handed'))).toHaveLength(3);
  const again = await affectline('library', 'export', '--format', 'elan', '--out', 'handed', ...place);
  expect(again).toMatchObject({ code: 1 });
  expect(again.stderr).toContain('1-film.mp4.affect.eaf is there already; -y overwrites it');
  expect(await affectline('library', 'export', '--format', 'parquet', ...place)).toMatchObject({ code: 2 });
  writeFileSync(join(folder, 'table.csv'), 'mine');
  const one = ['library', 'export', '--format', 'csv', '--out', 'table.csv', ...place];
  expect(await affectline(...one)).toMatchObject({ code: 1 });
  expect(readFileSync(join(folder, 'table.csv'), 'utf8')).toBe('mine');
  expect(await affectline(...one, '-y')).toMatchObject({ code: 0 });
  expect(readFileSync(join(folder, 'table.csv'), 'utf8').split('\n')).toEqual(table);
  expect(JSON.parse((await affectline('library', 'export', '1', ...place)).stdout)).toMatchObject({
    file: 'film.mp4',
  });
  expect(await affectline('library', 'remove', '7', ...place)).toMatchObject({ code: 1 });
  expect(await affectline('library', 'remove', '1', ...place)).toMatchObject({ code: 0 });
  expect((await affectline('library', 'list', ...place)).stdout).toBe('');
}, 300_000);

test('what a search cannot mean is refused', async () => {
  expect(await affectline('search', '--word', 'happy', '--quadrant', 'excited')).toMatchObject({ code: 2 });
  expect((await affectline('search', '--point', '1')).stderr).toContain('2 numbers with a comma');
  expect((await affectline('search', '--shape', 'bang', '--library', library)).stderr).toContain(
    "'bang' is not known",
  );
}, 300_000);

test.skipIf(!hasPostgresql)(
  'films are queued, and a worker analyses them and tells of those that are none',
  async () => {
    await server.start();
    const place = ['--database', await server.createDatabase()];
    const textFile = join(folder, 'text.mp4');
    copyFileSync(main, textFile);
    expect(await affectline('library', 'add', '--queue', 'film.mp4', 'text.mp4', ...place)).toMatchObject({
      code: 0,
    });
    expect((await affectline('jobs', ...place)).stdout.match(/waiting/g)).toHaveLength(2);
    const without = await affectline('worker', '--until-empty', '--model', 'nowhere', ...place);
    expect(without).toMatchObject({ code: 1, stderr: expect.stringContaining('nowhere') });
    expect((await affectline('jobs', '--failed', ...place)).stdout).toBe('');
    expect(await affectline('worker', '--until-empty', ...place)).toMatchObject({ code: 0 });
    const failed = (await affectline('jobs', '--failed', '--json', ...place)).stdout.trim().split('\n');
    expect(failed).toHaveLength(1);
    expect(JSON.parse(failed[0]!)).toMatchObject({
      state: 'failed',
      reason: expect.stringContaining('text.mp4'),
    });
    expect((await affectline('library', 'list', ...place)).stdout).toMatch(/^ +1 .*film\.mp4\n$/);
  },
  300_000,
);

test('shards that run side by side analyze each film once, and again nothing', async () => {
  const films = join(folder, 'films');
  mkdirSync(films);
  for (const name of ['a', 'b', 'c', 'd']) copyFileSync(sample, join(films, `${name}.mp4`));
  const out = join(folder, 'out');
  const shards = ['1/3', '2/3', '3/3'];
  const run = () =>
    Promise.all(
      shards.map((shard) =>
        affectline(
          'analyze',
          'films',
          '--preset',
          'compact',
          '--streams',
          'sound',
          '--out',
          out,
          '--shard',
          shard,
        ),
      ),
    );
  expect((await run()).map(({ code }) => code)).toEqual([0, 0, 0]);
  const names = readdirSync(out).filter((name) => name.endsWith('.json'));
  expect(names.sort()).toEqual(['a', 'b', 'c', 'd'].map((name) => `${name}.affect.json`));
  const times = () => readdirSync(out).map((name) => statSync(join(out, name)).mtimeMs);
  const before = times();
  expect((await run()).map(({ code }) => code)).toEqual([0, 0, 0]);
  expect(times()).toEqual(before);
  expect((await affectline('analyze', 'films', '--shard', '4/3')).stderr).toContain('the K-th of N parts');
}, 300_000);
