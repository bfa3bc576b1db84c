import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
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
