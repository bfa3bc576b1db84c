import { inflateRawSync } from 'node:zlib';
import { InputError } from '../support/errors.ts';
import { type Allowance, quoted } from './bytes.ts';

// Zip archives as PyTorch and numpy write them (APPNOTE 6.3.9, sections 4.3 to 4.5): entries are found through the
// central directory at the end; sizes and places too large for 32 bits stand in the "zip64" extra field.

const mostEntries = 100_000;
const endSignature = 0x06054b50;
const end64Signature = 0x06064b50;
const locator64Signature = 0x07064b50;
const directorySignature = 0x02014b50;
const localSignature = 0x04034b50;

interface ZipEntry {
  method: number;
  compressedSize: number;
  size: number;
  /** Where its local header begins. */
  position: number;
}

/** The entries of an archive held in memory. */
export class ZipArchive {
  private readonly bytes: Buffer;
  private readonly entries: ReadonlyMap<string, ZipEntry>;
  private readonly allowance: Allowance;

  /** @throws InputError when the bytes are no zip archive, or its directory is damaged. */
  constructor(bytes: Uint8Array, allowance: Allowance) {
    this.bytes = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    this.entries = readDirectory(this.bytes);
    this.allowance = allowance;
  }

  names(): string[] {
    return [...this.entries.keys()];
  }

  /** The content of an entry, a view when it is stored as it is; undefined when there is none of that name. */
  read(name: string): Uint8Array | undefined {
    const entry = this.entries.get(name);
    if (!entry) return undefined;
    const { method, compressedSize, size, position } = entry;
    const wrong = (what: string) => new InputError(`zip entry ${quoted(name)} ${what}`);
    if (position + 30 > this.bytes.length || this.bytes.readUInt32LE(position) !== localSignature) {
      throw wrong('is not where the directory says');
    }
    const start =
      position + 30 + this.bytes.readUInt16LE(position + 26) + this.bytes.readUInt16LE(position + 28);
    if (start + compressedSize > this.bytes.length) throw wrong('ends after the file');
    const content = this.bytes.subarray(start, start + compressedSize);
    if (method === 0) {
      if (compressedSize !== size) throw wrong('has two different sizes');
      return content;
    }
    if (method !== 8) throw wrong(`uses compression ${method}; stored and deflated entries are read`);
    this.allowance.spend(size);
    try {
      const inflated = inflateRawSync(content, { maxOutputLength: Math.max(size, 1) });
      if (inflated.length === size) return inflated;
    } catch {
      // the error below says it
    }
    throw wrong(`does not inflate to its ${size} bytes`);
  }
}

function readDirectory(bytes: Buffer): Map<string, ZipEntry> {
  const { count, size, position } = findDirectory(bytes);
  if (count > mostEntries || position + size > bytes.length || count * 46 > size) {
    throw new InputError('not a zip archive: its directory is damaged');
  }
  const directory = bytes.subarray(position, position + size);
  const entries = new Map<string, ZipEntry>();
  let at = 0;
  for (let i = 0; i < count; i++) {
    if (at + 46 > directory.length || directory.readUInt32LE(at) !== directorySignature) {
      throw new InputError('not a zip archive: its directory is damaged');
    }
    const nameEnd = at + 46 + directory.readUInt16LE(at + 28);
    const extraEnd = nameEnd + directory.readUInt16LE(at + 30);
    const name = directory.toString('utf8', at + 46, nameEnd);
    if (entries.has(name)) throw new InputError(`the zip archive holds ${quoted(name)} twice`);
    if (directory.readUInt16LE(at + 8) & 1) throw new InputError(`zip entry ${quoted(name)} is encrypted`);
    const [entrySize, compressedSize, entryPosition] = widen(
      [directory.readUInt32LE(at + 24), directory.readUInt32LE(at + 20), directory.readUInt32LE(at + 42)],
      directory.subarray(nameEnd, extraEnd),
    ) as [number, number, number];
    const method = directory.readUInt16LE(at + 10);
    entries.set(name, { method, size: entrySize, compressedSize, position: entryPosition });
    at = extraEnd + directory.readUInt16LE(at + 32);
  }
  return entries;
}

/** The end record is the last thing in the file but for a comment of up to 65,535 bytes. */
function findDirectory(bytes: Buffer): { count: number; size: number; position: number } {
  for (let end = bytes.length - 22; end >= Math.max(0, bytes.length - 22 - 0xffff); end--) {
    if (bytes.readUInt32LE(end) !== endSignature) continue;
    if (end + 22 + bytes.readUInt16LE(end + 20) !== bytes.length) continue;
    const count = bytes.readUInt16LE(end + 10);
    const size = bytes.readUInt32LE(end + 12);
    const position = bytes.readUInt32LE(end + 16);
    const locator = end - 20;
    const has64 = locator >= 0 && bytes.readUInt32LE(locator) === locator64Signature;
    if (!has64) return { count, size, position };
    const end64 = Number(bytes.readBigUInt64LE(locator + 8));
    if (end64 + 56 > bytes.length || bytes.readUInt32LE(end64) !== end64Signature) break;
    return {
      count: Number(bytes.readBigUInt64LE(end64 + 32)),
      size: Number(bytes.readBigUInt64LE(end64 + 40)),
      position: Number(bytes.readBigUInt64LE(end64 + 48)),
    };
  }
  throw new InputError('not a zip archive, or cut off: it has no directory at its end');
}

/** Replaces the values that are all ones by those of the zip64 extra field, which lists just these, in order. */
function widen(values: readonly number[], extra: Buffer): number[] {
  let fields: Buffer = Buffer.alloc(0);
  for (let at = 0; at + 4 <= extra.length; at += 4 + extra.readUInt16LE(at + 2)) {
    if (extra.readUInt16LE(at) === 1) fields = extra.subarray(at + 4, at + 4 + extra.readUInt16LE(at + 2));
  }
  let at = 0;
  return values.map((value) => {
    if (value !== 0xffffffff || at + 8 > fields.length) return value;
    at += 8;
    return Number(fields.readBigUInt64LE(at - 8));
  });
}
