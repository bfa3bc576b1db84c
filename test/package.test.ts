import { execFileSync } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { Ajv2020 } from 'ajv/dist/2020.js';
import { afterAll, beforeAll, expect, test } from 'vitest';

const root = fileURLToPath(new URL('..', import.meta.url));
let folder: string;

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'affectline-package-'));
});
afterAll(() => rmSync(folder, { recursive: true }));

test('the packed package installs in an empty folder without install scripts and analyses a film', () => {
  const npm = (args: string[], cwd: string) =>
    execFileSync('npm', args, { cwd, encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'] });
  const [packed] = JSON.parse(npm(['pack', '--json', '--pack-destination', folder], root));
  writeFileSync(join(folder, 'package.json'), '{"private":true}');
  npm(['install', '--ignore-scripts', '--no-audit', '--no-fund', join(folder, packed.filename)], folder);

  const affectline = join(folder, 'node_modules/.bin/affectline');
  const film = join(root, 'samples/sample.mp4');
  const output = execFileSync(affectline, ['analyze', film, '--json', '--out', join(folder, 'results')], {
    cwd: folder,
    encoding: 'utf8',
  });

  const result = JSON.parse(output);
  const installed = join(folder, 'node_modules/affectline');
  const schema = JSON.parse(readFileSync(join(installed, 'dist/affect/film-affect.schema.json'), 'utf8'));
  const valid = new Ajv2020({ strict: true }).compile(schema);
  expect(valid(result), JSON.stringify(valid.errors)).toBe(true);
  expect(valid({ ...result, clip: { valence: '3', arousal: 3 } })).toBe(false);
  expect(result.model).toMatchObject({ name: 'starter', synthetic: true });
  expect(result.curve.length).toBeGreaterThan(5);
  expect(Number.isFinite(result.clip.valence) && Number.isFinite(result.clip.arousal)).toBe(true);
  const files: string[] = packed.files.map((file: { path: string }) => file.path);
  const unwanted = /\.test\.|fixture|support\/testing|\.map$|^src\/|^test\//;
  expect(files.filter((path) => unwanted.test(path))).toEqual([]);
  // of a file whose source is gone, an earlier build may be left
  const sourceOf = (path: string) => join(root, path.replace(/^dist/, 'src').replace(/js$/, 'ts'));
  const mapped = files.filter(
    (path) =>
      path.endsWith('.js') &&
      existsSync(sourceOf(path)) &&
      readFileSync(join(root, path), 'utf8').includes('sourceMappingURL'),
  );
  expect(mapped).toEqual([]);
}, 300_000);
