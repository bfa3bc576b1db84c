import { spawnSync } from 'node:child_process';
import { copyFileSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { requirement } from '../support/testing.ts';
import { makeFilms, programIn } from './program-fixture.ts';
import { editDistance } from './suggest.ts';
import { timeLeft } from './terminal.ts';

const folder = mkdtempSync(join(tmpdir(), 'affectline-cli-'));
const hasFfmpeg = requirement('ffmpeg', () => spawnSync('ffmpeg', ['-version']).status === 0);
const { affectline } = programIn(folder);
const path = (...parts: string[]) => join(folder, ...parts);

beforeAll(() => makeFilms(folder, hasFfmpeg));
afterAll(() => rmSync(folder, { recursive: true }));

describe('help and usage', () => {
  test('help names every command and every exit code, on stdout', () => {
    const { status, stdout, stderr } = affectline('--help');
    expect([status, stderr]).toEqual([0, '']);
    for (const word of ['analyze', 'flow', 'weights', 'doctor', '130', 'interrupted'])
      expect(stdout).toContain(word);
    expect(affectline('help', 'analyze').stdout).toContain('--streams');
    expect(affectline('analyze', '--help').stdout).toContain('--overwrite');
    for (const command of ['analyze', 'flow', 'train', 'reproduce', 'doctor'])
      expect(affectline(command, '--help').stdout).toContain('Exit codes:');
    expect(affectline('dataset', 'check', '--help').stdout).toContain('Exit codes:');
  });

  test('the version is that of the package', () => {
    const { version } = JSON.parse(readFileSync(new URL('../../package.json', import.meta.url), 'utf8'));
    expect(affectline('--version')).toEqual({ status: 0, stdout: `${version}\n`, stderr: '' });
  });

  test.each([
    [['analize', 'x.mp4'], "unknown command 'analize'", 'Did you mean analyze?'],
    [['analyze', '--outt', 'x', 'y.mp4'], "unknown option '--outt'", 'Did you mean --out?'],
    [['analyze', '--preset', 'papr', 'y.mp4'], 'One of: paper, compact.', "did you mean 'paper'?"],
    [['analyze', '--streams', 'rgb,soud', 'y.mp4'], 'one of: flow, picture, sound', "did you mean 'sound'?"],
    [['analyze', '--decoder', 'ffmpg', 'y.mp4'], 'One of: auto, node-av, ffmpeg.', "did you mean 'ffmpeg'?"],
    [['analyze', '--threads', '0', 'y.mp4'], "'0' is invalid", 'from 1 to 64'],
    [['analyze'], 'missing required argument', 'paths'],
    [['films/notes.txt'], 'unknown command', 'affectline analyze films/notes.txt'],
    [[], 'Usage: affectline', 'Commands:'],
  ])('%j is wrong usage: 2, explained on stderr', (given, ...words) => {
    const { status, stdout, stderr } = affectline(...given);
    expect([status, stdout]).toEqual([2, '']);
    for (const word of words) expect(stderr).toContain(word);
    expect(stderr).not.toMatch(/\n\s+at /);
  });

  test('distances between words', () => {
    expect(editDistance('analize', 'analyze')).toBe(1);
    expect(editDistance('papre', 'paper')).toBe(1);
    expect(editDistance('', 'abc')).toBe(3);
    expect(editDistance('kitten', 'sitting')).toBe(3);
  });
});

describe('inputs that cannot be analyzed', () => {
  test.each([
    [
      'a file that is not there',
      ['films/brokn.mp4'],
      "films/brokn.mp4: no such file or folder (did you mean 'broken.mp4'?)",
    ],
    ['a file that is no film', ['films/broken.mp4'], 'films/broken.mp4'],
    ['a folder without films', ['films/none'], 'films/none: no film in this folder'],
    [
      'a model that is not there',
      ['films/broken.mp4', '--model', 'nowhere'],
      'nowhere/model.json: no such file',
    ],
  ])('%s: 1, named on stderr without a stack', (_, given, message) => {
    mkdirSync(path('films/none'), { recursive: true });
    const { status, stdout, stderr } = affectline('analyze', ...given, '--out', path('out-errors'));
    expect([status, stdout]).toEqual([1, '']);
    expect(stderr).toContain(message);
    expect(stderr).not.toMatch(/\n\s+at |internal/);
    expect(existsSync(path('out-errors'))).toBe(false);
  });

  test.each([
    ['standard input', '-', /-: a film is read more than once, so not from standard input/],
    ['an address', 'https://films.example/a.mp4', /is an address; films are read from files/],
    ['a link to nothing', 'dangling.mp4', /dangling\.mp4: a link to nothing/],
    ['a name with escape codes', 'a\x1b[2J.mp4', /a\ufffd\[2J\.mp4: no such file/],
  ])('%s is told plainly', (_, given, message) => {
    if (given === 'dangling.mp4') symlinkSync('nowhere', path(given));
    const { status, stderr } = affectline('analyze', given);
    expect(status).toBe(1);
    expect(stderr).toMatch(message);
    expect(stderr).not.toContain('\x1b');
  });

  test('results that cannot be written are refused before anything is analyzed', () => {
    for (const out of [path('films/notes.txt'), path('films/notes.txt/inner'), '/proc/affectline/out']) {
      const { status, stderr } = affectline('analyze', 'films/broken.mp4', '--out', out);
      expect(status).toBe(1);
      expect(stderr).toMatch(/is not a folder|nothing can be written|\/proc\/affectline/);
    }
  });

  test('the name of a run cannot lead out of the folder of runs', () => {
    for (const name of ['../x', '..', 'a/b', 'a\\b'])
      expect(affectline('train', '--data', '.', '--name', name).stderr).toContain('A name without slashes');
  });

  test('two films for one result are refused before anything is analyzed', () => {
    mkdirSync(path('twins'), { recursive: true });
    copyFileSync(path('films/broken.mp4'), path('twins/broken.mp4'));
    const { status, stderr } = affectline(
      'analyze',
      'films/broken.mp4',
      'twins/broken.mp4',
      '--out',
      'out-twins',
    );
    expect(status).toBe(2);
    expect(stderr).toContain('two films would be written to');
  });
});

test.each([
  [0, 0, 50, ''],
  [0, 0.5, 0.4, ''],
  [0, 0.5, 30, '0:30 left'],
  [0, 0.25, 30, '1:30 left'],
  [0.5, 0.75, 30, '0:30 left'],
  [0, 0.01, 120, '3 h 18 min left'],
  [0, 1, 30, '0:00 left'],
])('from %d to %d in %d s, the time left is "%s"', (start, done, elapsed, expected) => {
  expect(timeLeft(start, done, elapsed).trim()).toBe(expected);
});

test('doctor shows the versions and what can be used, as JSON as well', () => {
  const { status, stdout } = affectline('doctor', '--json');
  const found = JSON.parse(stdout);
  expect(found.versions.node).toBe(process.versions.node);
  expect(found.providers.cpu.usable).toBe(true);
  expect(found.processor.wasmSimd).toBe(true);
  expect(status).toBe(found.decoders['node-av'].usable || found.decoders.ffmpeg.usable ? 0 : 1);
});
