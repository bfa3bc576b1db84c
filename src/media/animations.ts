import type { FileHandle } from 'node:fs/promises';

const windowBytes = 65_536;

/** Bytes of a file at any place, read in large pieces. */
class Window {
  private readonly file: FileHandle;
  private readonly bytes = Buffer.alloc(windowBytes);
  private start = 0;
  private length = 0;

  constructor(file: FileHandle) {
    this.file = file;
  }

  /** Some bytes from a place on; fewer where the file ends. */
  async at(place: number, count: number): Promise<Buffer> {
    if (place < this.start || place + count > this.start + this.length) {
      const { bytesRead } = await this.file.read(this.bytes, 0, windowBytes, place);
      this.start = place;
      this.length = bytesRead;
    }
    return this.bytes.subarray(place - this.start, Math.min(place - this.start + count, this.length));
  }
}

/**
 * How far a GIF can be read: its blocks lie end to end (GIF89a, appendix A). Decoders stop at the first that is none.
 *
 * @returns the place of the first fault; `end` where the blocks reach the end of the file or the trailer.
 */
export async function readableGif(file: FileHandle, end: number): Promise<number> {
  const window = new Window(file);
  const tableBytes = (flags: number) => (flags & 0x80 ? 3 * 2 ** ((flags & 7) + 1) : 0);
  let at = 13 + tableBytes((await window.at(10, 1))[0] ?? 0);
  while (at < end) {
    const start = at;
    const [label] = await window.at(at, 1);
    if (label === 0x3b) return end;
    if (label === 0x21) at += 2;
    else if (label === 0x2c) at += 11 + tableBytes((await window.at(at + 9, 1))[0] ?? 0);
    else return start;
    // pieces of up to 255 bytes, the last of which is empty
    for (let piece = 1; piece > 0 && at < end; at += 1 + piece) piece = (await window.at(at, 1))[0] ?? 0;
  }
  return end;
}

/** How far an animated PNG can be read: its chunks lie end to end, each named by four letters (PNG, 5.3). As `readableGif`. */
export async function readablePng(file: FileHandle, end: number): Promise<number> {
  const window = new Window(file);
  for (let at = 8; at + 8 <= end; ) {
    const head = await window.at(at, 8);
    const type = head.toString('latin1', 4, 8);
    if (type === 'IEND') return end;
    if (!/^[A-Za-z]{4}$/.test(type)) return at;
    at += 12 + head.readUInt32BE(0);
  }
  return end;
}
