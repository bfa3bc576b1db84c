import { randomBytes } from 'node:crypto';
import { renameSync, rmSync, writeFileSync } from 'node:fs';
import { open, readdir, rename, rm } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { makeFolder } from './folders.ts';
import { isGone, ownerText, parseOwner, thisProcess } from './owner.ts';

/**
 * Writes a file so that nobody ever sees half of it: into a temporary file in the same folder, flushed to disk,
 * then renamed over `path`. After a failure `path` is as it was and the temporary file is gone.
 *
 * @param parts bytes or text, written one after the other.
 */
export async function writeAtomically(
  path: string,
  parts: string | Uint8Array | Iterable<string | Uint8Array> | AsyncIterable<string | Uint8Array>,
): Promise<void> {
  const temporary = temporaryPath(path);
  try {
    const file = await open(temporary, 'wx');
    try {
      const single = typeof parts === 'string' || parts instanceof Uint8Array;
      for await (const part of single ? [parts] : parts) await file.appendFile(part);
      await file.sync();
    } finally {
      await file.close();
    }
    await rename(temporary, path);
  } catch (error) {
    await rm(temporary, { force: true });
    throw ofFile(error, path, temporary);
  }
}

/** `writeAtomically` for a text that is at hand, while nothing else goes on; the folder is made. */
export function writeAtomicallySync(path: string, text: string): void {
  makeFolder(dirname(path));
  const temporary = temporaryPath(path);
  try {
    writeFileSync(temporary, text, { flag: 'wx', flush: true });
    renameSync(temporary, path);
  } catch (error) {
    rmSync(temporary, { force: true });
    throw ofFile(error, path, temporary);
  }
}

const prefix = '.affectline-';
const suffix = '.tmp';

/** Beside a file that is to appear whole, or for a folder that is needed for a while: a name that no other process and no second call uses, and that says whose it is. */
export function temporaryPath(path: string): string {
  const name = `${prefix}${randomBytes(6).toString('hex')}-${ownerText(thisProcess())}${suffix}`;
  return join(dirname(path), name);
}

/** Removes the temporary files, and folders, that processes which are gone have left in a folder; nobody else's. */
export async function removeLeftovers(folder: string): Promise<void> {
  for (const name of await readdir(folder)) {
    if (!name.startsWith(prefix) || !name.endsWith(suffix)) continue;
    const [, owner] = /^[0-9a-f]{12}-(.+)$/.exec(name.slice(prefix.length, -suffix.length)) ?? [];
    const parsed = parseOwner(owner ?? '');
    if (parsed && isGone(parsed)) await rm(join(folder, name), { force: true, recursive: true });
  }
}

/**
 * The same error, of the file that people know: an error of an open file (a full disk) names none, one of a temporary
 * file another.
 */
export function ofFile(error: unknown, path: string, temporary: string = path): unknown {
  const system = error as NodeJS.ErrnoException;
  if (!(error instanceof Error) || system.syscall === undefined) return error;
  system.message = system.message.replace(temporary, path);
  system.path = path;
  return error;
}
