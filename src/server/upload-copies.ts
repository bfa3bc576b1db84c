import { randomUUID } from 'node:crypto';
import { readdirSync, statSync } from 'node:fs';
import { readdir, rename, rm } from 'node:fs/promises';
import { basename, dirname, join, resolve } from 'node:path';
import { abandonedFilms, type JobQueue } from '../jobs/index.ts';
import { makeFolder } from '../support/folders.ts';

/*
 * Copies of films that were brought. Each lies in a folder of its own, so that it can be called as whoever brought it
 * calls it: UPLOADS/UUID/NAME.
 */

/** Gives a film that has come its place. @returns its path. */
export async function keepCopy(uploads: string, temporary: string, name: string): Promise<string> {
  const folder = resolve(uploads, randomUUID());
  makeFolder(folder);
  const path = join(folder, name);
  try {
    await rename(temporary, path);
  } catch (error) {
    await rm(folder, { recursive: true, force: true });
    throw error;
  }
  return path;
}

/** Removes a copy with its folder; of a film that lies elsewhere nothing. */
export async function removeCopy(uploads: string, path: string): Promise<void> {
  const folder = dirname(path);
  if (dirname(folder) === resolve(uploads) && isOfCopy(folder))
    await rm(folder, { recursive: true, force: true });
}

/** Removes the copies that nobody needs any more (see `abandonedFilms`). */
export async function removeAbandoned(uploads: string, queue: JobQueue): Promise<void> {
  const folders = (await readdir(uploads, { withFileTypes: true }).catch(() => [])).filter(
    (entry) => entry.isDirectory() && isOfCopy(entry.name),
  );
  const copies: string[] = [];
  for (const { name } of folders) {
    const folder = resolve(uploads, name);
    copies.push(...(await readdir(folder).catch(() => [])).map((file) => join(folder, file)));
  }
  if (copies.length === 0) return;
  for (const path of await abandonedFilms(queue, copies)) await removeCopy(uploads, path);
}

function isOfCopy(folder: string): boolean {
  return /^[\da-f]{8}(-[\da-f]{4}){3}-[\da-f]{12}$/.test(basename(folder));
}

/** Bytes of all copies, and of what else lies beside them, but for some files. */
export function bytesOf(uploads: string, but: (path: string) => boolean): number {
  // not a promise: who asks for room takes it before anybody else can
  return readdirSync(uploads, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name))
    .filter((path) => !but(path))
    .reduce((sum, path) => sum + (statSync(path, { throwIfNoEntry: false })?.size ?? 0), 0);
}
