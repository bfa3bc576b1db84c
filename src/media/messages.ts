import { writevSync } from 'node:fs';
import type { Readable } from 'node:stream';

/*
 * What the decoding child says to its parent, over a pipe of its own: 24 bytes of head (kind, bytes that follow,
 * time, bytes of the first part), then the bytes. Pixels go as they are, with no serialization.
 */
const headBytes = 24;

/** A part longer than this is not a message of ours (the largest frame has 4096 × 32768 pixels of 4 bytes). */
const maximumBytes = 2 ** 29;

export const messageKinds = [
  'plan',
  'video',
  'damaged picture',
  'look',
  'audio',
  'problem',
  'unreadable',
  'not accepted',
  'unavailable',
  'alive',
  'end',
] as const;
export type MessageKind = (typeof messageKinds)[number];

export interface Message {
  kind: MessageKind;
  /** Seconds, of a picture or of the first sample of sound. */
  time: number;
  /** Gray pixels; samples; or text. */
  first: Uint8Array;
  /** RGB pixels. */
  second: Uint8Array;
}

const nothing = new Uint8Array(0);
const pause = new Int32Array(new SharedArrayBuffer(4));

/** Writes one message, waiting while the pipe is full: that is what keeps the decoder at its reader's pace. */
export function writeMessage(
  descriptor: number,
  kind: MessageKind,
  first: Uint8Array = nothing,
  second: Uint8Array = nothing,
  time = 0,
): void {
  const head = new DataView(new ArrayBuffer(headBytes));
  head.setUint32(0, messageKinds.indexOf(kind), true);
  head.setUint32(4, first.length + second.length, true);
  head.setFloat64(8, time, true);
  head.setUint32(16, first.length, true);
  let parts: Uint8Array[] = [new Uint8Array(head.buffer), first, second];
  while (parts.some((part) => part.length > 0)) {
    let written = 0;
    try {
      written = writevSync(descriptor, parts);
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'EAGAIN') throw error;
      Atomics.wait(pause, 0, 0, 1);
    }
    parts = parts.map((part) => {
      const done = Math.min(written, part.length);
      written -= done;
      return part.subarray(done);
    });
  }
}

/** Reads exact numbers of bytes from a stream; nothing is read ahead of that, beyond the stream's own small buffer. */
export class ByteReader {
  private readonly chunks: AsyncIterator<Uint8Array>;
  private chunk: Uint8Array = nothing;
  private used = 0;

  constructor(stream: Readable) {
    this.chunks = (stream as AsyncIterable<Uint8Array>)[Symbol.asyncIterator]();
  }

  /** The next bytes in memory of their own; undefined if the stream ends before. */
  async take(length: number): Promise<Uint8Array<ArrayBuffer> | undefined> {
    const target = new Uint8Array(length);
    for (let filled = 0; filled < length; ) {
      if (this.used === this.chunk.length) {
        const next = await this.chunks.next();
        if (next.done) return undefined;
        this.chunk = next.value;
        this.used = 0;
      }
      const part = this.chunk.subarray(this.used, this.used + length - filled);
      target.set(part, filled);
      filled += part.length;
      this.used += part.length;
    }
    return target;
  }
}

/** The messages in a stream as they come, until it ends. */
export async function* readMessages(stream: Readable): AsyncGenerator<Message, void, undefined> {
  const bytes = new ByteReader(stream);
  for (;;) {
    const head = await bytes.take(headBytes);
    if (!head) return;
    const view = new DataView(head.buffer);
    const length = view.getUint32(4, true);
    const firstLength = view.getUint32(16, true);
    if (length > maximumBytes || firstLength > length)
      throw new Error("internal: a decoder's message is malformed");
    const first = await bytes.take(firstLength);
    const second = await bytes.take(length - firstLength);
    if (!first || !second) return;
    yield {
      kind: messageKinds[view.getUint32(0, true)] ?? 'problem',
      time: view.getFloat64(8, true),
      first,
      second,
    };
  }
}
