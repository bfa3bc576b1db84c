import { createHash } from 'node:crypto';
import { createReadStream, existsSync } from 'node:fs';
import { readdir } from 'node:fs/promises';
import { dirname, join, relative, sep } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { makeFolder } from '../support/folders.ts';
import { type Bucket, BucketError, type Listed } from './bucket.ts';

/** A folder on this machine, and the one of a bucket that is to hold the same. */
export interface Mirrored {
  readonly bucket: Bucket;
  /** The folder's name in the bucket; all of the bucket's prefix when empty. */
  readonly name: string;
  readonly folder: string;
  readonly signal?: AbortSignal | undefined;
}

/**
 * Fetches the files of a bucket's folder, those that are not the same already; each appears whole or not at all.
 *
 * @param wanted tells which, by names within the folder; all unless told.
 * @throws BucketError when the server refuses or cannot be reached, or a name leads out of the folder.
 */
export async function fetchFolder(
  { bucket, name, folder, signal }: Mirrored,
  wanted: (name: string) => boolean = () => true,
): Promise<void> {
  makeFolder(folder);
  for (const listed of await bucket.list(name, signal)) {
    if (!wanted(listed.name)) continue;
    if (!/^(?!\.\.?(\/|$))[^/\\\0]+(\/(?!\.\.?(\/|$))[^/\\\0]+)*$/.test(listed.name))
      throw new BucketError(`${bucket.addressOf(under(name, listed.name))}: no name of a file in a folder`);
    const path = join(folder, listed.name);
    if (await isSame(path, listed)) continue;
    makeFolder(dirname(path));
    await bucket.fetch(under(name, listed.name), path, signal);
  }
}

/**
 * Puts the files of a folder into a bucket's, those that are not the same already. Hidden files, such as locks and what is
 * not whole yet, stay here.
 *
 * @param last names of files that say that the others are there: put after these, in this order.
 * @param wanted tells which are put, by names within the folder; all unless told.
 * @throws BucketError when the server refuses or cannot be reached.
 */
export async function putFolder(
  { bucket, name, folder, signal }: Mirrored,
  { last, wanted = () => true }: { last: readonly string[]; wanted?: (name: string) => boolean },
): Promise<void> {
  const there = new Map((await bucket.list(name, signal)).map((listed) => [listed.name, listed]));
  const place = (file: string) => last.indexOf(file);
  const files = (await filesOf(folder)).filter(wanted).toSorted((a, b) => place(a) - place(b));
  for (const file of files) {
    signal?.throwIfAborted();
    const path = join(folder, file);
    if (!(await isSame(path, there.get(file)))) await bucket.replace(under(name, file), path, signal);
  }
}

/** Removes from a bucket's folder what the folder here does not have. @throws BucketError as the others do. */
export async function removeOthers({ bucket, name, folder, signal }: Mirrored): Promise<void> {
  const here = new Set(await filesOf(folder));
  for (const { name: file } of await bucket.list(name, signal))
    if (!here.has(file)) await bucket.remove(under(name, file), signal);
}

/** All files of a folder and below, but hidden ones, by names within it with slashes, in their order. */
async function filesOf(folder: string): Promise<string[]> {
  if (!existsSync(folder)) return [];
  return (await readdir(folder, { recursive: true, withFileTypes: true }))
    .filter((entry) => entry.isFile())
    .map(({ parentPath, name }) => relative(folder, join(parentPath, name)).replaceAll(sep, '/'))
    .filter((name) => !/(^|\/)\./.test(name))
    .toSorted();
}

/** Where a bucket's tags are no MD5, nothing is the same, and all is fetched and put anew. */
async function isSame(path: string, listed: Listed | undefined): Promise<boolean> {
  if (!listed || !existsSync(path)) return false;
  const hash = createHash('md5');
  await pipeline(createReadStream(path), hash);
  return hash.digest('hex') === listed.tag;
}

function under(folder: string, file: string): string {
  return folder === '' ? file : `${folder}/${file}`;
}
