import type { FileHandle } from 'node:fs/promises';

/** Bytes that are looked at together, and those of the longest frame header, which may lie across two such pieces. */
const [pieceBytes, longestHeader] = [2 ** 20, 16];

/**
 * How many seconds of sound a FLAC file has lost (RFC 9639): those that its first block counts, and no frame with a whole
 * header holds. Decoders pass over zeros between frames without a word.
 *
 * @param head the first bytes of the file, 26 at least.
 * @returns 0 where the file does not count its samples.
 */
export async function lostFlacSeconds(file: FileHandle, head: Buffer): Promise<number> {
  const perSecond = head.readUIntBE(18, 3) >> 4;
  const samples = (head[21]! & 15) * 2 ** 32 + head.readUInt32BE(22);
  if (samples === 0 || perSecond === 0) return 0;
  const blockSize = head.readUInt16BE(10);
  const found = new Map<number, number>();
  const buffer = Buffer.alloc(pieceBytes + longestHeader);
  for (let at = 0; ; at += pieceBytes) {
    const { bytesRead } = await file.read(buffer, 0, buffer.length, at);
    const end = Math.min(bytesRead, pieceBytes);
    for (let i = buffer.indexOf(0xff); i >= 0 && i < end; i = buffer.indexOf(0xff, i + 1)) {
      const frame = frameAt(buffer, i, bytesRead);
      if (!frame) continue;
      const start = frame.counts === 'samples' ? frame.number : frame.number * blockSize;
      if (start < samples) found.set(start, Math.min(frame.size, samples - start));
    }
    if (bytesRead <= pieceBytes) break;
  }
  const held = [...found.values()].reduce((sum, size) => sum + size, 0);
  return Math.max(0, samples - held) / perSecond;
}

/** A frame's header (section 9.1), if one with a valid checksum begins here. */
function frameAt(bytes: Buffer, at: number, end: number) {
  if (at + 6 > end || (bytes[at + 1]! & 0xfe) !== 0xf8 || (bytes[at + 3]! & 1) !== 0) return undefined;
  const [sizeCode, rateCode] = [bytes[at + 2]! >> 4, bytes[at + 2]! & 15];
  if (sizeCode === 0 || rateCode === 15) return undefined;
  // the number is coded as UTF-8 codes characters, of up to seven bytes
  const first = bytes[at + 4]!;
  const ones = Math.clz32(~(first << 24));
  if (ones === 1 || ones > 7) return undefined;
  const further = Math.max(0, ones - 1);
  let number = ones === 0 ? first : first & (0x7f >> ones);
  for (let i = 1; i <= further; i++) number = number * 64 + (bytes[at + 4 + i]! & 0x3f);
  let next = at + 5 + further;
  const size =
    sizeCode === 6
      ? bytes[next]! + 1
      : sizeCode === 7
        ? bytes[next]! * 256 + bytes[next + 1]! + 1
        : sizeCode === 1
          ? 192
          : sizeCode < 6
            ? 576 << (sizeCode - 2)
            : 256 << (sizeCode - 8);
  next += Math.max(0, sizeCode < 8 ? sizeCode - 5 : 0) + (rateCode === 12 ? 1 : rateCode > 12 ? 2 : 0);
  if (next >= end || checksum(bytes, at, next) !== bytes[next]) return undefined;
  return { counts: (bytes[at + 1]! & 1) === 1 ? ('samples' as const) : ('blocks' as const), number, size };
}

/** CRC-8 of the polynomial x⁸ + x² + x + 1. */
function checksum(bytes: Buffer, from: number, to: number): number {
  let sum = 0;
  for (let i = from; i < to; i++) {
    sum ^= bytes[i]!;
    for (let bit = 0; bit < 8; bit++) sum = sum & 0x80 ? ((sum << 1) ^ 0x07) & 0xff : sum << 1;
  }
  return sum;
}
