import { execFileSync } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { Ajv2020 } from 'ajv/dist/2020.js';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { requirement } from '../src/support/testing.ts';

const hasFfmpeg = requirement('ffmpeg', () => execFileSync('ffmpeg', ['-version']).length > 0);
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

  const bill = JSON.parse(npm(['run', '--silent', 'sbom'], root));
  const listed = bill.components.map(({ name }: { name: string }) => name);
  for (const name of ['onnxruntime-node', 'sharp', 'node-av']) expect(listed).toContain(name);

  // node-av is optional: without it, as where it has no binary, the system's ffmpeg serves
  if (hasFfmpeg) {
    const modules = join(folder, 'node_modules');
    for (const part of ['node-av', '@seydx']) rmSync(join(modules, part), { recursive: true });
    const run = (...given: string[]) =>
      JSON.parse(execFileSync(affectline, given, { cwd: folder, encoding: 'utf8' }));
    expect(run('doctor', '--json').decoders).toMatchObject({
      'node-av': { usable: false, detail: 'not installed' },
      ffmpeg: { usable: true },
    });
    execFileSync('ffmpeg', ['-v', 'error', '-i', film, '-t', '1', '-vn', join(folder, 'second.wav')]);
    const byFfmpeg = run('analyze', 'second.wav', '--json', '--out', 'without');
    expect(byFfmpeg).toMatchObject({ decoder: 'ffmpeg' });
  }

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
