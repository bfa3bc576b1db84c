import { type FileHandle, open } from 'node:fs/promises';
import { readableGif, readablePng } from './animations.ts';
import { lostFlacSeconds } from './flac.ts';

/** How whole a file is, by the sizes that its container writes down. */
export interface Wholeness {
  /** Which share of the bytes that belong to the file is there; 1 where the container does not say. */
  share: number;
  /** Whether the file ends in the middle of something. */
  cut: boolean;
  /** Why nothing can be decoded of it, if that is so. */
  lacks?: string;
  /** Seconds of sound that the file counts, and does not hold. */
  lostSound?: number;
}

const whole: Wholeness = { share: 1, cut: false };

const asfHeader = Buffer.from('3026b2758e66cf11a6d900aa0062ce6c', 'hex');
const asfFileProperties = Buffer.from('a1dcab8c47a9cf118ee400c00c205365', 'hex');

/** The file properties of ASF stand within this many bytes. */
const asfHeadBytes = 65_536;

/** More parts at the top level of a file than this are not looked at. */
const maximumParts = 100_000;

/** The last page of an Ogg file begins within this many bytes of its end. */
const largestOggPage = 65_307;

/** Sizes that mean "not known", as a live recording writes them. */
const unknownSizes: readonly number[] = [0, 0xffffffff];

/** Looks at the outermost structure of a file; what is unknown or without sizes counts as whole. */
export async function examine(path: string): Promise<Wholeness> {
  const file = await open(path);
  try {
    const { size } = await file.stat();
    const head = await read(file, 0, 64);
    if (head.length < 26) return whole;
    const tag = head.toString('latin1', 0, 4);
    const box = head.toString('latin1', 4, 8);
    if (['ftyp', 'styp', 'moov', 'mdat', 'wide', 'free', 'skip', 'moof', 'sidx'].includes(box))
      return await examineBoxes(file, size);
    if (tag === 'RIFF') return await examineRiff(file, size);
    if (tag === 'OggS') return await examineOgg(file, size);
    if (tag === 'fLaC') return { ...whole, lostSound: await lostFlacSeconds(file, head) };
    if (tag === 'GIF8')
      return upToFault(size, await readableGif(file, size), (await read(file, size - 1, 1))[0] !== 0x3b);
    if (head.readUInt32BE(0) === 0x1a45dfa3) return examineMatroska(head, size);
    if (head.readUInt32BE(0) === 0x89504e47)
      return upToFault(
        size,
        await readablePng(file, size),
        (await read(file, size - 8, 4)).toString('latin1') !== 'IEND',
      );
    if (head.subarray(0, 16).equals(asfHeader)) return await examineAsf(file, size);
    if (tag.startsWith('FLV')) return await examineFlv(file, size);
    return whole;
  } finally {
    await file.close();
  }
}

async function read(file: FileHandle, at: number, length: number): Promise<Buffer> {
  const buffer = Buffer.alloc(length);
  const { bytesRead } = await file.read(buffer, 0, length, Math.max(0, at));
  return buffer.subarray(0, bytesRead);
}

const sizeUnknown = (cut: boolean): Wholeness => ({ share: 1, cut });
const ofSize = (size: number, announced: number): Wholeness =>
  announced > size ? { share: size / announced, cut: true } : whole;

/** What lies behind a fault is lost. */
const upToFault = (size: number, fault: number, cut: boolean): Wholeness =>
  fault < size ? { share: fault / size, cut: true } : sizeUnknown(cut);

/** MP4 and QuickTime: boxes end to end (ISO/IEC 14496-12, 4.2). */
async function examineBoxes(file: FileHandle, size: number): Promise<Wholeness> {
  const seen = new Set<string>();
  let at = 0;
  for (let parts = 0; at + 8 <= size && parts < maximumParts; parts++) {
    const head = await read(file, at, 16);
    if (head.length < 8) break;
    let length = head.readUInt32BE(0);
    if (length === 1 && head.length === 16) length = Number(head.readBigUInt64BE(8));
    if (length === 0) length = size - at;
    if (length < 8) break;
    const type = head.toString('latin1', 4, 8);
    // after the end there may be anything: of another file's remains nothing is concluded
    if (!/^[\x20-\x7e\xa9]{4}$/.test(type)) break;
    seen.add(type);
    at += length;
  }
  const wholeness = ofSize(size, at);
  if (seen.has('moov')) return wholeness;
  const lacks = seen.has('moof')
    ? 'it is incomplete: a piece of a film in fragments, without the head (moov) that says how to decode it'
    : 'it is incomplete: an MP4 or MOV without its index (moov), which is written last; the recording, or the copy of it, was cut short';
  return { ...wholeness, cut: true, lacks };
}

/** AVI, WAV and WebP: one RIFF, or several in a large AVI. */
async function examineRiff(file: FileHandle, size: number): Promise<Wholeness> {
  let at = 0;
  for (let parts = 0; at + 12 <= size && parts < maximumParts; parts++) {
    const head = await read(file, at, 12);
    if (head.toString('latin1', 0, 4) !== 'RIFF') break;
    const length = head.readUInt32LE(4);
    if (unknownSizes.includes(length)) return whole;
    at += 8 + length;
  }
  return ofSize(size, at);
}

/** Ogg: its last page ends with the file, and says that it is the last (RFC 3533). */
async function examineOgg(file: FileHandle, size: number): Promise<Wholeness> {
  const start = Math.max(0, size - largestOggPage);
  const tail = await read(file, start, largestOggPage);
  const page = tail.lastIndexOf('OggS', undefined, 'latin1');
  if (page < 0 || page + 27 > tail.length) return sizeUnknown(true);
  const segments = tail[page + 26]!;
  const table = tail.subarray(page + 27, page + 27 + segments);
  const end = page + 27 + segments + table.reduce((sum, length) => sum + length, 0);
  return sizeUnknown(end > tail.length || (tail[page + 5]! & 4) === 0);
}

/** Matroska and WebM: a head, then one Segment of known or unknown size (RFC 8794, 9559). */
function examineMatroska(head: Buffer, size: number): Wholeness {
  const ebml = vint(head, 4);
  if (!ebml) return whole;
  const segment = ebml.end + ebml.value;
  if (segment + 12 > head.length || head.readUInt32BE(segment) !== 0x18538067) return whole;
  const length = vint(head, segment + 4);
  return length && !length.unknown ? ofSize(size, length.end + length.value) : whole;
}

/** A number of variable length. */
function vint(bytes: Buffer, at: number): { value: number; end: number; unknown: boolean } | undefined {
  const first = bytes[at] ?? 0;
  const length = Math.clz32(first) - 23;
  if (first === 0 || at + length > bytes.length) return undefined;
  let value = first & (0xff >> length);
  let ones = value === 0xff >> length;
  for (let i = 1; i < length; i++) {
    const byte = bytes[at + i]!;
    value = value * 256 + byte;
    ones &&= byte === 0xff;
  }
  return { value, end: at + length, unknown: ones };
}

/** FLV: behind each tag stands its size. */
async function examineFlv(file: FileHandle, size: number): Promise<Wholeness> {
  const last = await read(file, size - 4, 4);
  const length = last.length === 4 ? last.readUInt32BE(0) : 0;
  if (length < 11 || length + 4 > size) return sizeUnknown(true);
  const tag = await read(file, size - 4 - length, 4);
  return sizeUnknown(tag.length < 4 || 11 + tag.readUIntBE(1, 3) !== length);
}

/** ASF (WMV, WMA): its file properties hold its size, unless it is a broadcast (ASF specification, 3.2). */
async function examineAsf(file: FileHandle, size: number): Promise<Wholeness> {
  const head = await read(file, 0, asfHeadBytes);
  const properties = head.indexOf(asfFileProperties);
  if (properties < 0 || properties + 92 > head.length) return whole;
  const isBroadcast = (head.readUInt32LE(properties + 88) & 1) === 1;
  return isBroadcast ? whole : ofSize(size, Number(head.readBigUInt64LE(properties + 40)));
}
