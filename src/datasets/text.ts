/** Label files come from spreadsheets and old computers as much as from programs; every one becomes the same text here. */

/** Lines of a label file; LIRIS-ACCEDE has 9,801. */
const mostLines = 500_000;

/**
 * The text of a file, its lines ended by LF alone: UTF-8, or UTF-16 of either byte order (by its mark, or by the zero
 * bytes of a text that has none), or Windows-1252 where the bytes are no UTF-8.
 */
export function decodedText(bytes: Uint8Array): string {
  const text = new TextDecoder(encodingOf(bytes)).decode(bytes);
  return text.includes('\r') ? text.replace(/\r\n?/g, '\n') : text;
}

function encodingOf(bytes: Uint8Array): string {
  const [first, second] = bytes;
  if (first === 0xff && second === 0xfe) return 'utf-16le';
  if (first === 0xfe && second === 0xff) return 'utf-16be';
  const sample = bytes.subarray(0, 4096);
  const zeros = [0, 0];
  sample.forEach((byte, i) => {
    if (byte === 0) zeros[i % 2]!++;
  });
  // Latin letters, digits and separators have a zero in every pair, always on the same side
  if (zeros[1]! > sample.length / 8 && zeros[0] === 0) return 'utf-16le';
  if (zeros[0]! > sample.length / 8 && zeros[1] === 0) return 'utf-16be';
  try {
    new TextDecoder('utf-8', { fatal: true }).decode(bytes);
    return 'utf-8';
  } catch {
    return 'windows-1252';
  }
}

/** Whether a text has more lines than any real label file, found without reading further than that. */
export function hasTooManyLines(text: string): boolean {
  let at = -1;
  for (let lines = 0; lines <= mostLines; lines++) {
    at = text.indexOf('\n', at + 1);
    if (at < 0) return false;
  }
  return true;
}

/** What to say of a file that `hasTooManyLines`. */
export const tooManyLines: string = `has more than ${mostLines.toLocaleString('en')} lines; labels of at most so many clips expected`;
