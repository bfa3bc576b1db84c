import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeEach, expect, test } from 'vitest';
import { compiledEntry } from '../support/entry.ts';

const folder = mkdtempSync(join(tmpdir(), 'affectline-dataset-'));
afterAll(() => rmSync(folder, { recursive: true }));

function affectline(...given: string[]) {
  const program = compiledEntry(import.meta.url, 'main');
  return spawnSync(process.execPath, [program, 'dataset', ...given], { encoding: 'utf8' });
}

beforeEach(() => {
  writeFileSync(join(folder, 'labels.csv'), 'path,valence,arousal\na.mp4,2,4\nb.mp4,3,1\n');
  for (const name of ['a.mp4', 'b.mp4']) writeFileSync(join(folder, name), 'video');
});

test('check says that all is well, as text and as JSON', () => {
  const { status, stdout } = affectline('check', folder);
  expect(stdout).toMatch(/clips +2 from 2 films; 0 missing, 0 empty/);
  expect(status).toBe(0);
  expect(JSON.parse(affectline('check', folder, '--json').stdout)).toMatchObject({ clips: 2, usable: true });
});

test('check ends with 1 and names file and line of what is wrong', () => {
  writeFileSync(join(folder, 'labels.csv'), 'path,valence,arousal\na.mp4,2,4\nb.mp4,3,much\nc.mp4,2,2\n');
  const { status, stdout } = affectline('check', folder);
  expect(stdout).toContain("labels.csv:3: arousal 'much': a number expected");
  expect(stdout).toContain('c.mp4: is missing');
  expect(status).toBe(1);
});

test('synthesize renders into an empty folder, and into no other', () => {
  const out = join(folder, 'films');
  const { status, stdout } = affectline('synthesize', '--films', '3', '--clips', '3', '--out', out);
  expect(stdout).toMatch(/liris-accede, synthetic films\n/);
  expect(stdout).toMatch(/problems +none/);
  expect(status).toBe(0);
  const refused = affectline('synthesize', '--films', '3', '--clips', '3', '--out', folder);
  expect(refused.stderr).toMatch(/holds other files/);
  expect(refused.status).toBe(1);
  expect(affectline('synthesize', '--films', '2', '--out', out).status).toBe(2);
});
