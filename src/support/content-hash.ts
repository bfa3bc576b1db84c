import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { stat } from 'node:fs/promises';
import { InputError } from './errors.ts';

/**
 * What a file holds, as a name: `sha256:` and 64 hexadecimal digits.
 *
 * @param signal ends the reading, which then rejects with the signal's reason.
 * @throws InputError when it is no regular file: a pipe could be read but once.
 */
export async function contentHashOf(path: string, signal?: AbortSignal): Promise<string> {
  if (!(await stat(path)).isFile())
    throw new InputError(`${path}: is not a regular file; save what it gives to one`);
  const hash = createHash('sha256');
  for await (const piece of createReadStream(path, { highWaterMark: 1 << 20 })) {
    signal?.throwIfAborted();
    hash.update(piece);
  }
  return `sha256:${hash.digest('hex')}`;
}

/** The content hash of several files together, in their order. */
export async function contentHashOfAll(paths: readonly string[], signal?: AbortSignal): Promise<string> {
  const hash = createHash('sha256');
  for (const path of paths) hash.update(`${await contentHashOf(path, signal)}\n`);
  return `sha256:${hash.digest('hex')}`;
}
