/*
 * TensorBoard's event files: TFRecords of `Event` messages (tensorflow/core/util/event.proto, framework/summary.proto).
 * A record is its length (uint64), a checksum of that, the message, and a checksum of that.
 */

/** One number of a run at one step. */
export interface Scalar {
  readonly tag: string;
  readonly step: number;
  readonly value: number;
  /** Seconds since 1970. */
  readonly wallTime: number;
}

/** The bytes of an event file with these numbers, in order. */
export function eventFile(scalars: readonly Scalar[]): Buffer {
  const version = Buffer.concat([
    double(1, scalars[0]?.wallTime ?? 0),
    bytes(3, Buffer.from('brain.Event:2')),
  ]);
  return Buffer.concat([record(version), ...scalars.map((scalar) => record(scalarEvent(scalar)))]);
}

function scalarEvent({ tag, step, value, wallTime }: Scalar): Buffer {
  const summaryValue = Buffer.concat([bytes(1, Buffer.from(tag)), float(2, value)]);
  const summary = bytes(1, summaryValue);
  return Buffer.concat([double(1, wallTime), Buffer.concat([key(2, 0), varint(step)]), bytes(5, summary)]);
}

function record(message: Buffer): Buffer {
  const length = Buffer.alloc(8);
  length.writeBigUInt64LE(BigInt(message.length));
  return Buffer.concat([length, maskedChecksum(length), message, maskedChecksum(message)]);
}

function maskedChecksum(data: Uint8Array): Buffer {
  const crc = crc32c(data);
  const masked = Buffer.alloc(4);
  masked.writeUInt32LE((((crc >>> 15) | (crc << 17)) + 0xa282ead8) >>> 0);
  return masked;
}

/** Castagnoli's CRC-32, reflected polynomial 0x82f63b78 (RFC 3720, appendix B.4 has test values). */
export function crc32c(data: Uint8Array): number {
  let crc = 0xffffffff;
  for (const byte of data) {
    crc ^= byte;
    for (let bit = 0; bit < 8; bit++) crc = (crc >>> 1) ^ (crc & 1 ? 0x82f63b78 : 0);
  }
  return ~crc >>> 0;
}

// protobuf's wire format: 0 varint, 1 eight bytes, 2 length-delimited, 5 four bytes

function key(field: number, wireType: number): Buffer {
  return varint((field << 3) | wireType);
}

function varint(value: number): Buffer {
  const septets: number[] = [];
  let rest = value;
  for (; rest >= 128; rest = Math.floor(rest / 128)) septets.push((rest % 128) | 128);
  return Buffer.from([...septets, rest]);
}

function double(field: number, value: number): Buffer {
  const data = Buffer.alloc(8);
  data.writeDoubleLE(value);
  return Buffer.concat([key(field, 1), data]);
}

function float(field: number, value: number): Buffer {
  const data = Buffer.alloc(4);
  data.writeFloatLE(value);
  return Buffer.concat([key(field, 5), data]);
}

function bytes(field: number, data: Buffer): Buffer {
  return Buffer.concat([key(field, 2), varint(data.length), data]);
}
