import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
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
  const output = execFileSync(affectline, ['analyze', film, '--json'], {
    cwd: folder,
    encoding: 'utf8',
  });

  const result = JSON.parse(output);
  expect(result.model).toMatchObject({ name: 'starter', synthetic: true });
  expect(result.curve.length).toBeGreaterThan(5);
  expect(Number.isFinite(result.clip.valence) && Number.isFinite(result.clip.arousal)).toBe(true);
  const files: string[] = packed.files.map((file: { path: string }) => file.path);
  expect(files.filter((path) => path.includes('.test.') || path.startsWith('src/'))).toEqual([]);
}, 300_000);
