import { Message } from '../../support/protobuf.ts';

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
  const version = new Message().double(1, scalars[0]?.wallTime ?? 0).text(3, 'brain.Event:2');
  return Buffer.concat([version, ...scalars.map(scalarEvent)].map((event) => record(event.encoded())));
}

function scalarEvent({ tag, step, value, wallTime }: Scalar): Message {
  const summary = new Message().message(1, new Message().text(1, tag).float(2, value));
  return new Message().double(1, wallTime).integer(2, step).message(5, summary);
}

function record(message: Uint8Array): Buffer {
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
