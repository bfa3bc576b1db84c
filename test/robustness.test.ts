import { execFileSync, spawn, spawnSync } from 'node:child_process';
import { copyFileSync, existsSync, mkdtempSync, openSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { requirement } from '../src/support/testing.ts';

const main = fileURLToPath(new URL('../dist/cli/main.js', import.meta.url));
const sample = fileURLToPath(new URL('../samples/sample.mp4', import.meta.url));
const folder = mkdtempSync(join(tmpdir(), 'affectline-robustness-'));
const path = (name: string) => join(folder, name);
const hasFfmpeg = requirement('ffmpeg', () => spawnSync('ffmpeg', ['-version']).status === 0);
const fast = ['--preset', 'compact', '--streams', 'sound'];
afterAll(() => rmSync(folder, { recursive: true }));

function analyze(...given: string[]) {
  return spawnSync(process.execPath, [main, 'analyze', ...given], { cwd: folder, encoding: 'utf8' });
}

test('a film longer than --max-duration is refused, and one that takes longer than --timeout given up', () => {
  const longer = analyze(sample, '--max-duration', '31', '--out', 'out');
  expect([longer.status, longer.stdout]).toEqual([1, '']);
  expect(longer.stderr).toContain('it is longer, 32 s than the 31 s that a film may be');
  const slower = analyze(sample, '--preset', 'paper', '--timeout', '1', '--out', 'out');
  expect([slower.status, slower.stdout]).toEqual([1, '']);
  expect(slower.stderr).toContain('sample.mp4: given up after 1 s (--timeout)');
  expect(existsSync(path('out'))).toBe(false);
});

describe.skipIf(!hasFfmpeg)('where messages and results go (needs ffmpeg)', () => {
  beforeAll(() => {
    execFileSync('ffmpeg', ['-v', 'error', '-f', 'lavfi', '-i', 'sine=d=1', path('a.wav')]);
    copyFileSync(path('a.wav'), path('b.wav'));
  });

  test('nobody reading the messages costs no film', async () => {
    const child = spawn(
      process.execPath,
      [main, 'analyze', 'missing.mp4', 'a.wav', 'b.wav', ...fast, '--json', '--out', 'unheard'],
      { cwd: folder, stdio: ['ignore', 'pipe', 'pipe'] },
    );
    child.stderr.destroy();
    let said = '';
    child.stdout.setEncoding('utf8').on('data', (text) => {
      said += text;
    });
    const code = await new Promise((resolve) => child.once('close', resolve));
    expect(said.trimEnd().split('\n')).toHaveLength(2);
    expect(code).toBe(1);
  });

  test.skipIf(!existsSync('/dev/full'))('a full disk is said in a line (needs /dev/full)', () => {
    const full = openSync('/dev/full', 'w');
    const { status, stderr } = spawnSync(
      process.execPath,
      [main, 'analyze', 'a.wav', ...fast, '--json', '--out', 'full'],
      { cwd: folder, encoding: 'utf8', stdio: ['ignore', full, 'pipe'] },
    );
    expect(status).toBe(1);
    expect(stderr).toMatch(/affectline: no space left on the device\n$/);
    expect(stderr).not.toMatch(/internal|fault of affectline| at /);
  });

  test('a name too long for its result is refused before the analysis, one that fits is written', () => {
    const long = `${'ü'.repeat(124)}.wav`;
    const fits = `${'n'.repeat(243)}.wav`;
    for (const name of [long, fits]) copyFileSync(path('a.wav'), path(name));
    const { status, stdout, stderr } = analyze(long, fits, ...fast, '--out', 'names');
    expect(status).toBe(1);
    expect(stderr).toContain('of 260 bytes; a name has at most 255');
    expect(stdout).toContain('n'.repeat(243));
    expect(readdirSync(path('names'))).toHaveLength(3);
  });
});
