/** What a field of a table holds; whole tables, lists and texts are written behind the table that names them. */
export type Field =
  | { uint8: number }
  | { int32: number }
  | { float32: number }
  | { text: string }
  | { table: Fields }
  | { tables: Fields[] }
  | { uint8s: Uint8Array }
  | { int32s: readonly number[] }
  | { int64s: readonly number[] }
  | { float32s: readonly number[] };
/** By slot. */
export type Fields = Readonly<Record<number, Field>>;

/** Writes a FlatBuffer from its root table. */
export function flatBuffer(root: Fields, identifier: string): Uint8Array {
  const writer = new Writer();
  writer.skip(8);
  const position = writer.table(root);
  writer.bytes.writeUInt32LE(position, 0);
  writer.bytes.write(identifier, 4, 'latin1');
  return Uint8Array.from(writer.bytes.subarray(0, writer.end));
}

class Writer {
  bytes: Buffer = Buffer.alloc(1024);
  end = 0;

  /** Room for so many bytes, at a place that `alignment` divides once `before` bytes are passed over. */
  skip(length: number, alignment = 4, before = 0): number {
    while ((this.end + before) % alignment !== 0) this.end++;
    const start = this.end;
    this.end += length;
    while (this.end > this.bytes.length)
      this.bytes = Buffer.concat([this.bytes, Buffer.alloc(this.bytes.length)]);
    return start;
  }

  /** Returns where the table lies. */
  table(fields: Fields): number {
    const slots = Math.max(-1, ...Object.keys(fields).map(Number)) + 1;
    const vtable = this.skip(4 + 2 * slots);
    const entries = Object.entries(fields);
    const position = this.skip(4 + 4 * entries.length);
    this.bytes.writeUInt16LE(4 + 2 * slots, vtable);
    this.bytes.writeUInt16LE(4 + 4 * entries.length, vtable + 2);
    this.bytes.writeInt32LE(position - vtable, position);
    for (const [i, [slot, field]] of entries.entries()) {
      this.bytes.writeUInt16LE(4 + 4 * i, vtable + 4 + 2 * Number(slot));
      const at = position + 4 + 4 * i;
      if ('uint8' in field) this.bytes.writeUInt8(field.uint8, at);
      else if ('int32' in field) this.bytes.writeInt32LE(field.int32, at);
      else if ('float32' in field) this.bytes.writeFloatLE(field.float32, at);
      else {
        const target = this.target(field);
        this.bytes.writeUInt32LE(target - at, at);
      }
    }
    return position;
  }

  private target(field: Exclude<Field, { uint8: number } | { int32: number } | { float32: number }>): number {
    if ('table' in field) return this.table(field.table);
    if ('text' in field) return this.list(Buffer.from(`${field.text}\0`), field.text.length, 1);
    if ('uint8s' in field) return this.list(field.uint8s, field.uint8s.length, 16);
    if ('int32s' in field) return this.list(Int32Array.from(field.int32s), field.int32s.length, 4);
    if ('float32s' in field) return this.list(Float32Array.from(field.float32s), field.float32s.length, 4);
    if ('int64s' in field) return this.list(BigInt64Array.from(field.int64s, BigInt), field.int64s.length, 8);
    const { tables } = field;
    const start = this.list(new Int32Array(tables.length), tables.length, 4);
    for (const [i, fields] of tables.entries()) {
      const at = start + 4 + 4 * i;
      const target = this.table(fields);
      this.bytes.writeUInt32LE(target - at, at);
    }
    return start;
  }

  private list(elements: ArrayBufferView, count: number, alignment: number): number {
    const start = this.skip(4 + elements.byteLength, Math.max(alignment, 4), 4);
    this.bytes.writeUInt32LE(count, start);
    this.bytes.set(new Uint8Array(elements.buffer, elements.byteOffset, elements.byteLength), start + 4);
    return start;
  }
}
