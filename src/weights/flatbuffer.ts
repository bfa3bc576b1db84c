import { InputError } from '../support/errors.ts';

// FlatBuffers (https://flatbuffers.dev/internals/): a table begins with the distance back to its vtable, which says at
// which byte of the table each field lies (0: left out, it has its default). Tables, vectors and texts are found by the
// distance from the field that names them, forwards. Nothing is unpacked in advance: every step is checked as it is taken.

/** A table of a FlatBuffer, read field by field; a field's slot is its place in the schema. */
export class FlatTable {
  private readonly bytes: Buffer;
  private readonly position: number;
  private readonly vtable: number;
  private readonly slots: number;
  private readonly size: number;

  private constructor(bytes: Buffer, position: number) {
    this.bytes = bytes;
    this.position = position;
    within(bytes, position, 4);
    this.vtable = position - bytes.readInt32LE(position);
    within(bytes, this.vtable, 4);
    const vtableSize = bytes.readUInt16LE(this.vtable);
    this.size = bytes.readUInt16LE(this.vtable + 2);
    if (vtableSize < 4 || vtableSize % 2 !== 0) throw damaged();
    within(bytes, this.vtable, vtableSize);
    within(bytes, position, this.size);
    this.slots = (vtableSize - 4) / 2;
  }

  /**
   * The root table of a file.
   *
   * @throws InputError unless its bytes 4 to 8 are `identifier`.
   */
  static root(bytes: Uint8Array, identifier: string): FlatTable {
    const buffer = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    if (buffer.length < 8 || buffer.toString('latin1', 4, 8) !== identifier)
      throw new InputError(`it does not begin with the mark ${identifier}`);
    return new FlatTable(buffer, buffer.readUInt32LE(0));
  }

  /** A field's place in the file; undefined where it has its default. */
  private field(slot: number, bytes: number): number | undefined {
    if (slot >= this.slots) return undefined;
    const offset = this.bytes.readUInt16LE(this.vtable + 4 + 2 * slot);
    if (offset === 0) return undefined;
    if (offset < 4 || offset + bytes > this.size) throw damaged();
    return this.position + offset;
  }

  /** Where the vector, text or table lies that a field names. */
  private target(slot: number): number | undefined {
    const at = this.field(slot, 4);
    return at === undefined ? undefined : at + this.bytes.readUInt32LE(at);
  }

  uint8(slot: number): number {
    const at = this.field(slot, 1);
    return at === undefined ? 0 : this.bytes[at]!;
  }

  int32(slot: number, fallback = 0): number {
    const at = this.field(slot, 4);
    return at === undefined ? fallback : this.bytes.readInt32LE(at);
  }

  float32(slot: number): number {
    const at = this.field(slot, 4);
    return at === undefined ? 0 : this.bytes.readFloatLE(at);
  }

  /** Whether a field is there at all. */
  has(slot: number): boolean {
    return this.field(slot, 1) !== undefined;
  }

  table(slot: number): FlatTable | undefined {
    const at = this.target(slot);
    return at === undefined ? undefined : new FlatTable(this.bytes, at);
  }

  /** A vector's elements as they lie in the file. */
  private vector(slot: number, size: number, most: number): { count: number; start: number } {
    const at = this.target(slot);
    if (at === undefined) return { count: 0, start: 0 };
    within(this.bytes, at, 4);
    const count = this.bytes.readUInt32LE(at);
    if (count > most) throw new InputError(`it has a list of ${count}, where at most ${most} are read`);
    within(this.bytes, at + 4, count * size);
    return { count, start: at + 4 };
  }

  /** A view of the file. */
  uint8s(slot: number): Uint8Array {
    const { count, start } = this.vector(slot, 1, this.bytes.length);
    return this.bytes.subarray(start, start + count);
  }

  text(slot: number, most: number): string {
    const { count, start } = this.vector(slot, 1, most);
    return this.bytes.toString('utf8', start, start + count);
  }

  int32s(slot: number, most: number): number[] {
    const { count, start } = this.vector(slot, 4, most);
    return Array.from({ length: count }, (_, i) => this.bytes.readInt32LE(start + 4 * i));
  }

  int64s(slot: number, most: number): number[] {
    const { count, start } = this.vector(slot, 8, most);
    return Array.from({ length: count }, (_, i) => Number(this.bytes.readBigInt64LE(start + 8 * i)));
  }

  float32s(slot: number, most: number): number[] {
    const { count, start } = this.vector(slot, 4, most);
    return Array.from({ length: count }, (_, i) => this.bytes.readFloatLE(start + 4 * i));
  }

  tables(slot: number, most: number): FlatTable[] {
    const { count, start } = this.vector(slot, 4, most);
    return Array.from({ length: count }, (_, i) => {
      const at = start + 4 * i;
      return new FlatTable(this.bytes, at + this.bytes.readUInt32LE(at));
    });
  }
}

const damaged = () => new InputError('it is damaged: a table reaches beyond its bounds');

function within(bytes: Buffer, position: number, length: number): void {
  if (!(position >= 0 && position + length <= bytes.length)) throw damaged();
}
