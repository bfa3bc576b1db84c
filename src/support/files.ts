import { randomBytes } from 'node:crypto';
import { open, rename, rm } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';

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
  const temporary = join(dirname(path), `.${basename(path)}.${randomBytes(6).toString('hex')}.tmp`);
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
    throw error;
  }
}
