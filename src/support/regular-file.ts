import { constants } from 'node:fs';
import { type FileHandle, open, stat } from 'node:fs/promises';
import { InputError } from './errors.ts';

/**
 * Opens a file from outside for reading, hands it and its size to `use`, and closes it. What it is and how large is
 * looked at first: a pipe, which would be waited for, and a file beyond `largest` bytes are refused.
 *
 * @param what for messages: "weight file".
 * @throws InputError naming the path.
 */
export async function withRegularFile<T>(
  path: string,
  what: string,
  largest: number,
  use: (file: FileHandle, size: number) => Promise<T>,
): Promise<T> {
  const check = (status: { isFile(): boolean; size: number }) => {
    if (!status.isFile()) throw new InputError(`'${path}' is not a file`);
    if (status.size > largest)
      throw new InputError(`'${path}' has ${status.size} bytes; at most ${largest} are read`);
    return status.size;
  };
  const cannot = (error: NodeJS.ErrnoException) => {
    const reason = error.code === 'ENOENT' ? 'no such file' : error.message;
    return new InputError(`cannot open ${what} '${path}': ${reason}`);
  };
  check(
    await stat(path).catch((error) => {
      throw cannot(error);
    }),
  );
  // without O_NONBLOCK a pipe that has come in its place would be waited for
  const file = await open(path, constants.O_RDONLY | (constants.O_NONBLOCK ?? 0)).catch((error) => {
    throw cannot(error);
  });
  try {
    return await use(file, check(await file.stat()));
  } finally {
    await file.close();
  }
}

/** A text from outside of at most so many bytes. @throws InputError as `withRegularFile` */
export function readSmallText(path: string, what: string, largest: number): Promise<string> {
  return withRegularFile(path, what, largest, async (file, size) => {
    // a file that grows meanwhile is read up to the size that was looked at
    const bytes = Buffer.alloc(size);
    let filled = 0;
    while (filled < size) {
      const { bytesRead } = await file.read(bytes, filled, size - filled, filled);
      if (bytesRead === 0) break;
      filled += bytesRead;
    }
    return bytes.toString('utf8', 0, filled);
  });
}
