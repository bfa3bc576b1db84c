import { existsSync, mkdirSync, mkdtempSync, rmdirSync, statSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { errorCodeOf, InputError, reasonOf } from './errors.ts';

/**
 * Makes a folder and those above it. One after the other: the recursive way of Node never ends where the system says
 * that a folder is not there while it is (as below /proc).
 *
 * @throws InputError naming the folder that cannot be made.
 */
export function makeFolder(path: string): void {
  const missing: string[] = [];
  for (let folder = resolve(path); !existsSync(folder); folder = dirname(folder)) missing.unshift(folder);
  for (const folder of missing) {
    try {
      mkdirSync(folder);
    } catch (error) {
      // another process may have been faster
      if (errorCodeOf(error) === 'exists') continue;
      throw new InputError(`${folder}: ${reasonOf(error)}`, errorCodeOf(error), { cause: error });
    }
  }
  if (!statSync(path).isDirectory()) throw new InputError(`${path}: is not a folder`, 'exists');
}

/**
 * Whether files can be made in a folder, or the folder itself where it is not there yet; asked before hours of work.
 *
 * @throws InputError naming what is in the way.
 */
export function checkWritable(folder: string): void {
  let nearest = resolve(folder);
  while (!existsSync(nearest)) nearest = dirname(nearest);
  if (!statSync(nearest).isDirectory())
    throw new InputError(`${nearest}: is not a folder, so nothing can be written into it`, 'exists');
  try {
    // the rights alone do not say it: a superuser has all, and still cannot write everywhere
    rmdirSync(mkdtempSync(join(nearest, '.affectline-')));
  } catch (error) {
    throw new InputError(
      `${nearest}: nothing can be written there, ${reasonOf(error)}; choose another folder`,
      errorCodeOf(error),
      { cause: error },
    );
  }
}
