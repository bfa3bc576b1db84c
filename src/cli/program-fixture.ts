import { type ChildProcess, execFileSync, spawn, spawnSync } from 'node:child_process';
import { copyFileSync, mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { compiledEntry } from '../support/entry.ts';

const main = compiledEntry(import.meta.url, 'main');

/** The command line as people call it in a folder. */
export interface Program {
  /** Runs it to its end. */
  affectline(...given: string[]): { status: number | null; stdout: string; stderr: string };
  /** Begins it; its output can be read as it comes. */
  start(...given: string[]): ChildProcess;
}

export function programIn(folder: string): Program {
  return {
    affectline(...given) {
      const { status, stdout, stderr } = spawnSync(process.execPath, [main, ...given], {
        cwd: folder,
        encoding: 'utf8',
        env: { ...process.env, FORCE_COLOR: undefined, AFFECTLINE_DEBUG: undefined },
      });
      return { status, stdout, stderr };
    },
    start(...given) {
      return spawn(process.execPath, [main, ...given], { cwd: folder, stdio: ['ignore', 'pipe', 'pipe'] });
    },
  };
}

/** In `films/` a film of 3 s (`a.mkv`, and again as `inner/b.mkv`), one that is none, and a note. */
export function makeFilms(folder: string, hasFfmpeg: boolean): void {
  const films = join(folder, 'films');
  mkdirSync(join(films, 'inner'), { recursive: true });
  writeFileSync(join(films, 'broken.mp4'), 'no film at all');
  writeFileSync(join(films, 'notes.txt'), 'a note');
  if (!hasFfmpeg) return;
  const video = ['-f', 'lavfi', '-i', 'testsrc2=size=160x120:rate=10:duration=3'];
  const sound = ['-f', 'lavfi', '-i', 'sine=frequency=300:duration=3'];
  const output = ['-c:v', 'mpeg4', '-c:a', 'pcm_s16le', join(films, 'a.mkv')];
  execFileSync('ffmpeg', ['-v', 'error', ...video, ...sound, ...output]);
  copyFileSync(join(films, 'a.mkv'), join(films, 'inner/b.mkv'));
}
