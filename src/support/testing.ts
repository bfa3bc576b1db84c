import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

/**
 * Whether something that a test needs beyond npm (a program, a Debian package) is on this machine.
 * Use it as `test.skipIf(!requirement('ffmpeg', …))('… (needs ffmpeg)', …)`: a user's machine skips the test
 * by name; in continuous integration (`CI=true`) a missing requirement fails instead.
 *
 * @param name what to call it in the error, with the Debian package if that has another name.
 * @param probe true when it is there; returning false or throwing means that it is missing.
 */
export function requirement(name: string, probe: () => boolean): boolean {
  let found = false;
  let reason = '';
  try {
    found = probe();
  } catch (error) {
    reason = `: ${error instanceof Error ? error.message : error}`;
  }
  if (!found && process.env.CI === 'true') throw new Error(`tests need ${name}, which is missing${reason}`);
  return found;
}

/** Whether a Python has modules; they are looked for and not imported, which takes seconds of some. */
export function pythonHas(python: string, ...modules: string[]): boolean {
  const script =
    'import sys, importlib.util as i; sys.exit(not all(i.find_spec(name) for name in sys.argv[1:]))';
  return spawnSync(python, ['-c', script, ...modules], { stdio: 'ignore' }).status === 0;
}

/** Whether there is a process of this number. */
export function isRunning(pid: number): boolean {
  try {
    return process.kill(pid, 0);
  } catch {
    return false;
  }
}

/**
 * Where a pretrained network that tests run is, by its name within the folder of such files: `AFFECTLINE_MODELS`, or
 * `../shared/models` beside the checkout. Undefined where it is not; tests that need it are skipped by name.
 */
export function pretrainedFile(name: string): string | undefined {
  const beside = fileURLToPath(new URL('../../../shared/models', import.meta.url));
  const path = join(process.env.AFFECTLINE_MODELS ?? beside, name);
  return existsSync(path) ? path : undefined;
}
