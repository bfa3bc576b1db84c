import { InputError } from '../support/errors.ts';
import { withRegularFile } from '../support/regular-file.ts';

/** A weight file larger than this is refused; the largest known one (AlexNet) has 244 MB. */
export const largestFile: number = 2 ** 30;

/** Opens a file, hands its size and a reader of byte ranges to `use`, and closes it. */
export function withFile<T>(
  path: string,
  use: (size: number, read: (position: number, length: number) => Promise<Uint8Array>) => Promise<T>,
): Promise<T> {
  return withRegularFile(path, 'weight file', largestFile, (file, size) =>
    use(size, async (position, length) => {
      const bytes = Buffer.allocUnsafeSlow(length); // a buffer of its own, not cleared: every byte is read into
      let filled = 0;
      while (filled < length) {
        const { bytesRead } = await file.read(bytes, filled, length - filled, position + filled);
        if (bytesRead === 0) throw new InputError(`'${path}' ends after ${position + filled} bytes`);
        filled += bytesRead;
      }
      return bytes;
    }),
  );
}

/** The whole of a weight file. */
export function readWhole(path: string): Promise<Uint8Array> {
  return withFile(path, (size, read) => read(0, size));
}

/** Puts the file's name before the message of an InputError that `parse` throws. */
export function naming<T>(path: string, parse: () => T): T {
  try {
    return parse();
  } catch (error) {
    throw error instanceof InputError ? new InputError(`${path}: ${error.message}`) : error;
  }
}

/** Text from a file as it may stand in a message: short, quoted, without control characters. */
export function quoted(text: string): string {
  const short = text.length > 100 ? `${text.slice(0, 100)}…` : text;
  return `'${short.replace(/\p{C}/gu, '\ufffd')}'`;
}

/**
 * Bounds the memory that reading one file may take: 64 MiB and eight times its size. Compressed entries, overlapping
 * entries and repeated or broadcast views could otherwise make gigabytes of a small file.
 */
export class Allowance {
  private left: number;

  constructor(fileSize: number) {
    this.left = 64 * 2 ** 20 + 8 * fileSize;
  }

  /** Call before making an array of so many bytes. */
  spend(bytes: number): void {
    this.left -= bytes;
    if (!(this.left >= 0)) throw new InputError('its content takes far more memory than its size allows');
  }
}
