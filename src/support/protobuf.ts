// Just enough of the protocol buffers wire format to write a message.

const encoder = new TextEncoder();

function varint(value: number): Uint8Array {
  const bytes: number[] = [];
  let rest = BigInt.asUintN(64, BigInt(value));
  for (; rest > 127n; rest >>= 7n) bytes.push(Number(rest & 127n) | 128);
  bytes.push(Number(rest));
  return Uint8Array.from(bytes);
}

/** A message under construction: fields are written in the order of the calls. */
export class Message {
  private readonly parts: Uint8Array[] = [];
  private size = 0;

  private append(parts: readonly Uint8Array[]): this {
    for (const part of parts) {
      this.parts.push(part);
      this.size += part.length;
    }
    return this;
  }

  integer(field: number, value: number): this {
    return this.append([varint(field * 8), varint(value)]);
  }

  float(field: number, value: number): this {
    return this.append([varint(field * 8 + 5), new Uint8Array(Float32Array.of(value).buffer)]);
  }

  double(field: number, value: number): this {
    return this.append([varint(field * 8 + 1), new Uint8Array(Float64Array.of(value).buffer)]);
  }

  bytes(field: number, value: Uint8Array): this {
    return this.append([varint(field * 8 + 2), varint(value.length), value]);
  }

  text(field: number, value: string): this {
    return this.bytes(field, encoder.encode(value));
  }

  message(field: number, value: Message): this {
    return this.append([varint(field * 8 + 2), varint(value.size)]).append(value.parts);
  }

  encoded(): Uint8Array<ArrayBuffer> {
    const all = new Uint8Array(this.size);
    let offset = 0;
    for (const part of this.parts) {
      all.set(part, offset);
      offset += part.length;
    }
    return all;
  }
}
