import { type ChildProcess, execFileSync, spawnSync } from 'node:child_process';
import {
  appendFileSync,
  copyFileSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { FilmAffect } from '../affect/index.ts';
import { compiledEntry } from '../support/entry.ts';
import { requirement } from '../support/testing.ts';
import { makeFilms, programIn } from './program-fixture.ts';

const main = compiledEntry(import.meta.url, 'main');
const folder = mkdtempSync(join(tmpdir(), 'affectline-cli-'));
const hasFfmpeg = requirement('ffmpeg', () => spawnSync('ffmpeg', ['-version']).status === 0);
const python = '/usr/bin/python3';
const hasPython = requirement('python3', () => spawnSync(python, ['--version']).status === 0);
const { affectline, start } = programIn(folder);
const path = (...parts: string[]) => join(folder, ...parts);

const fast = ['--preset', 'compact', '--streams', 'rgb,sound'];

beforeAll(() => makeFilms(folder, hasFfmpeg));
afterAll(() => rmSync(folder, { recursive: true }));

describe.skipIf(!hasFfmpeg)('analyze (needs ffmpeg)', () => {
  test('writes three files beside the film, a summary on stdout, and says untrained everywhere', () => {
    mkdirSync(path('beside'));
    copyFileSync(path('films/a.mkv'), path('beside/a.mkv'));
    const { status, stdout, stderr } = affectline('analyze', 'beside/a.mkv', ...fast);
    expect(status).toBe(0);
    expect(stdout).toMatch(
      /valence -?\d+\.\d{3} {2}arousal -?\d+\.\d{3} {2}untrained \(compact\): the numbers mean nothing/,
    );
    expect(stderr).toMatch(/^beside\/a\.mkv: untrained/);
    expect(stdout + stderr).not.toContain('\x1b');
    expect(readdirSync(path('beside')).sort()).toEqual([
      'a.affect.csv',
      'a.affect.json',
      'a.affect.png',
      'a.mkv',
    ]);
    const csv = readFileSync(path('beside/a.affect.csv'), 'utf8').trimEnd().split('\n');
    expect(csv.slice(1).every((row) => row.includes(',untrained (compact),elicited,'))).toBe(true);
    const result = JSON.parse(readFileSync(path('beside/a.affect.json'), 'utf8')) as FilmAffect;
    expect(result).toMatchObject({
      file: 'beside/a.mkv',
      duration: 3,
      coverage: 1,
      model: { trained: false },
    });
    expect(result.curve).toHaveLength(3);
    expect(csv).toHaveLength(4);
  });

  test('a folder: bad films do not stop the others, what is done is not done again', () => {
    const first = affectline('analyze', 'films', '--out', 'out', '--json', ...fast);
    expect(first.status).toBe(1);
    const lines = first.stdout
      .trimEnd()
      .split('\n')
      .map((line) => JSON.parse(line) as FilmAffect);
    expect(lines.map(({ file }) => file)).toEqual(['films/a.mkv', 'films/inner/b.mkv']);
    expect(first.stderr).toMatch(/^affectline: .*films\/broken\.mp4/m);
    expect(readdirSync(path('out')).sort()).toEqual([
      'a.affect.csv',
      'a.affect.json',
      'a.affect.png',
      'inner',
    ]);
    const written = statSync(path('out/a.affect.json')).mtimeMs;

    rmSync(path('out/inner'), { recursive: true });
    const second = affectline('analyze', 'films', '--out', 'out', '--json', ...fast);
    expect(second.stderr).toContain('films/a.mkv: skipped');
    expect(second.stderr).not.toContain('inner/b.mkv: skipped');
    expect(second.stdout).toBe(first.stdout);
    expect(statSync(path('out/a.affect.json')).mtimeMs).toBe(written);

    const third = affectline('analyze', 'films/a.mkv', '--out', 'out', '-y', ...fast);
    expect([third.status, third.stderr.includes('skipped')]).toEqual([0, false]);
    expect(statSync(path('out/a.affect.json')).mtimeMs).toBeGreaterThan(written);
  }, 180_000);

  test('two films at a time give what one at a time gives, bit by bit, and in the same order', () => {
    mkdirSync(path('many'));
    const make = (name: string, seconds: number, hue: number) => {
      const picture = ['-f', 'lavfi', '-i', `testsrc2=size=160x120:rate=10:duration=${seconds},hue=h=${hue}`];
      const sound = ['-f', 'lavfi', '-i', `sine=frequency=${200 + hue}:duration=${seconds}`];
      const codecs = ['-c:v', 'mpeg4', '-c:a', 'pcm_s16le'];
      execFileSync('ffmpeg', ['-v', 'error', ...picture, ...sound, ...codecs, path('many', name)]);
    };
    make('a.mkv', 8, 0);
    writeFileSync(path('many/b.mp4'), 'no film at all');
    for (const [index, name] of ['c.mkv', 'd.mkv', 'e.mkv'].entries()) make(name, 1 + index, 40 * index);
    const given = ['analyze', 'many', '--json', '--preset', 'compact', '--out'];
    // a limit of time has each film analyzed alone
    const alone = affectline(...given, 'alone', '--timeout', '1000');
    const together = affectline(...given, 'together');
    expect([alone.status, together.status]).toEqual([1, 1]);
    expect(together.stdout).toBe(alone.stdout);
    expect(together.stdout.trimEnd().split('\n')).toHaveLength(4);
    const withoutProgress = (text: string) => text.replaceAll(/^.*: \d+ %.*\n/gm, '');
    expect(withoutProgress(together.stderr)).toBe(withoutProgress(alone.stderr));
    const files = readdirSync(path('alone'));
    expect(files).toHaveLength(12);
    expect(readdirSync(path('together'))).toEqual(files);
    for (const file of files)
      expect(readFileSync(path('together', file)).equals(readFileSync(path('alone', file))), file).toBe(true);
  }, 180_000);

  test('a result is only kept while film, model and options are the same, and says what differs', () => {
    mkdirSync(path('stale'));
    copyFileSync(path('films/a.mkv'), path('stale/a.mkv'));
    const analyze = (...given: string[]) => affectline('analyze', 'stale/a.mkv', '--json', ...given);
    const first = analyze(...fast);
    expect(first.status).toBe(0);
    const same = analyze(...fast);
    expect([same.status, same.stdout]).toEqual([0, first.stdout]);
    const differing: [string[], RegExp][] = [
      [['--preset', 'compact', '--streams', 'picture'], /it is with --streams picture,sound/],
      [[...fast, '--decoder', 'ffmpeg'], /it is with --decoder auto/],
      [['--streams', 'picture,sound'], /it is by the model untrained/],
    ];
    for (const [given, message] of differing) {
      const { status, stdout, stderr } = analyze(...given);
      expect([status, stdout]).toEqual([1, '']);
      expect(stderr).toMatch(/a\.affect\.json is there already, but /);
      expect(stderr).toMatch(message);
    }
    appendFileSync(path('stale/a.mkv'), 'more');
    expect(analyze(...fast).stderr).toMatch(/but the film has changed since/);
    copyFileSync(path('films/a.mkv'), path('stale/a.mkv'));
    rmSync(path('stale/a.affect.png'));
    expect(analyze(...fast).stderr).toMatch(/a\.affect\.png is gone/);
  }, 180_000);

  test('what cannot be read in a folder loses nothing else; every link to a film has a result', () => {
    mkdirSync(path('mixed/inner'), { recursive: true });
    symlinkSync('nowhere', path('mixed/0-broken.mp4'));
    copyFileSync(path('films/a.mkv'), path('mixed/a.mkv'));
    symlinkSync('../a.mkv', path('mixed/inner/link.mkv'));
    execFileSync('ffmpeg', ['-v', 'error', '-i', path('films/a.mkv'), '-vn', path('mixed/radio.flac')]);
    const { status, stdout, stderr } = affectline(
      'analyze',
      'mixed',
      '--json',
      '--out',
      'out-mixed',
      ...fast,
    );
    expect(status).toBe(1);
    expect(stderr).toMatch(/mixed\/0-broken\.mp4: a link to nothing/);
    expect(stderr).toMatch(/radio\.flac: it has no picture/);
    expect(stderr.match(/the weights are random/g)).toHaveLength(1);
    const files = stdout
      .trimEnd()
      .split('\n')
      .map((line) => JSON.parse(line).file);
    expect(files).toEqual(['mixed/a.mkv', 'mixed/inner/link.mkv', 'mixed/radio.flac']);
  }, 180_000);

  test('what others have put in the way is not overwritten without -y', () => {
    mkdirSync(path('out-taken'));
    for (const name of ['a.affect.png', 'a.affect.json']) {
      writeFileSync(path('out-taken', name), 'mine');
      const { status, stderr } = affectline('analyze', 'films/a.mkv', '--out', 'out-taken', ...fast);
      expect(status).toBe(1);
      expect(stderr).toContain(`${join('out-taken', name)} is there already`);
      expect(readFileSync(path('out-taken', name), 'utf8')).toBe('mine');
      rmSync(path('out-taken', name));
    }
  });

  test('films that differ in their ending only keep it in the name of their results; only what is asked for is written', () => {
    mkdirSync(path('twins'));
    copyFileSync(path('films/a.mkv'), path('twins/a.mkv'));
    copyFileSync(path('films/a.mkv'), path('twins/a.avi'));
    const { status } = affectline(
      'analyze',
      'twins/a.mkv',
      'twins/a.avi',
      'twins/a.avi',
      '--out',
      'out-endings',
      ...['--formats', 'edl,vtt'],
      ...fast,
    );
    expect(status).toBe(0);
    expect(readdirSync(path('out-endings')).sort()).toEqual([
      'a.avi.affect.edl',
      'a.avi.affect.vtt',
      'a.mkv.affect.edl',
      'a.mkv.affect.vtt',
    ]);
  });

  test('a folder that links to itself is walked once, hidden files are left out', () => {
    mkdirSync(path('loop'));
    copyFileSync(path('films/a.mkv'), path('loop/a.mkv'));
    copyFileSync(path('films/a.mkv'), path('loop/.hidden.mkv'));
    symlinkSync(path('loop'), path('loop/again'));
    const { status, stdout } = affectline('analyze', 'loop', '--json', ...fast);
    expect(status).toBe(0);
    expect(stdout.trimEnd().split('\n')).toHaveLength(1);
  });

  test('a reader that leaves early is no failure', async () => {
    const child = start(
      'analyze',
      'films/a.mkv',
      'films/inner/b.mkv',
      '--json',
      '--out',
      'out-pipe',
      ...fast,
    );
    child.stdout!.once('data', () => child.stdout!.destroy());
    expect(await exitOf(child)).toBe(0);
  });

  test.each([
    ['SIGINT', 130],
    ['SIGTERM', 143],
  ] as const)(
    '%s ends it with %i and leaves nothing half-written',
    async (signal, code) => {
      const long = path('long.mkv');
      const options = ['-f', 'lavfi', '-i', 'testsrc2=size=320x240:rate=30:duration=120', '-c:v', 'mpeg4'];
      if (!existsSync(long)) execFileSync('ffmpeg', ['-v', 'error', ...options, long]);
      const child = start(
        'analyze',
        'films/a.mkv',
        'long.mkv',
        '--out',
        `out-${signal}`,
        '--preset',
        'compact',
      );
      let errors = '';
      child.stderr!.on('data', (text) => {
        errors += text;
      });
      child.stdout!.once('data', () => setTimeout(() => child.kill(signal), 300));
      expect(await exitOf(child)).toBe(code);
      expect(errors).toMatch(/affectline: (interrupted|terminated)\n$/);
      expect(readdirSync(path(`out-${signal}`)).sort()).toEqual([
        'a.affect.csv',
        'a.affect.json',
        'a.affect.png',
      ]);
    },
    120_000,
  );

  test.skipIf(!hasPython)(
    'progress is drawn on a terminal only (needs python3)',
    () => {
      const program = `
import os, pty, sys
with open(os.devnull, 'w') as null: os.dup2(null.fileno(), 2)
sys.exit(os.waitstatus_to_exitcode(pty.spawn(sys.argv[1:])))`;
      const given = [
        main,
        'analyze',
        'long.mkv',
        '--out',
        'out-terminal',
        '--preset',
        'compact',
        '--streams',
        'rgb',
      ];
      const drawn = spawnSync(python, ['-c', program, process.execPath, ...given], {
        cwd: folder,
        encoding: 'utf8',
      });
      expect(drawn.status).toBe(0);
      expect(drawn.stdout).toMatch(/█+░+ +\d+ % .* long\.mkv/);
      const environment = { ...process.env, NO_COLOR: '1' };
      const plain = [...given, '-y'];
      const uncolored = spawnSync(python, ['-c', program, process.execPath, ...plain], {
        cwd: folder,
        encoding: 'utf8',
        env: environment,
      });
      expect(drawn.stdout).toContain('\x1b[1m');
      expect(uncolored.stdout).not.toContain('\x1b[1m');
    },
    120_000,
  );
});

function exitOf(child: ChildProcess): Promise<number | null> {
  return new Promise((resolve) => child.once('exit', (code) => resolve(code)));
}
