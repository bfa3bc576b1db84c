import type { Readable } from 'node:stream';
import { whenHung } from './patience.ts';
import type { Child } from './process.ts';

/** Bytes that may wait: a file whose picture lies minutes behind its sound would fill the memory. */
const mostWaiting = 256e6;

/**
 * What arrives on the pipes of one process. A process that writes to several pipes stops when one of them is full,
 * so while anything is awaited all of them flow, and while nothing is, none does.
 */
export class Inbox {
  private readonly pipes: Pipe[];
  private readonly child: Child;
  private wake: () => void = () => {};
  /** Why it was given up, if it was. */
  failure: string | undefined;

  /** @param child is ended when it hangs, or when too much waits. */
  constructor(streams: readonly Readable[], child: Child) {
    this.child = child;
    this.pipes = streams.map((stream) => new Pipe(stream, () => this.wake()));
  }

  pipe(position: number): Pipe {
    return this.pipes[position]!;
  }

  /** Waits until something arrives; false when all pipes have ended. */
  async more(): Promise<boolean> {
    if (this.pipes.every(({ ended }) => ended)) return false;
    const fail = (reason: string) => {
      this.failure ??= reason;
      this.child.kill();
    };
    if (this.pipes.reduce((sum, { available }) => sum + available, 0) > mostWaiting)
      fail(`its picture and sound lie too far apart: over ${mostWaiting / 1e6} MB of one wait for the other`);
    const arrived = whenHung(this.child.pid, () => fail('ffmpeg hung'));
    await new Promise<void>((resolve) => {
      this.wake = resolve;
      for (const { stream } of this.pipes) stream.resume();
    });
    arrived();
    return true;
  }

  /** Stops the flow, while what has arrived is being used. */
  pause(): void {
    for (const { stream } of this.pipes) stream.pause();
  }
}

/** The bytes of one pipe that have arrived and have not been taken. */
export class Pipe {
  readonly stream: Readable;
  ended = false;
  available = 0;
  private chunks: Uint8Array[] = [];
  private text = '';

  constructor(stream: Readable, wake: () => void) {
    this.stream = stream;
    stream.on('data', (chunk: Uint8Array) => {
      this.chunks.push(chunk);
      this.available += chunk.length;
      wake();
    });
    stream.on('error', () => stream.destroy());
    stream.on('close', () => {
      this.ended = true;
      wake();
    });
    stream.pause();
  }

  /** Takes bytes, at most `available`, into memory of their own. */
  take(length: number): Uint8Array<ArrayBuffer> {
    const target = new Uint8Array(length);
    for (let filled = 0; filled < length; ) {
      const chunk = this.chunks[0]!;
      const part = chunk.subarray(0, length - filled);
      target.set(part, filled);
      filled += part.length;
      if (part.length === chunk.length) this.chunks.shift();
      else this.chunks[0] = chunk.subarray(part.length);
    }
    this.available -= length;
    return target;
  }

  /** Takes all whole lines. */
  takeLines(): string[] {
    const lines = (this.text + new TextDecoder().decode(this.take(this.available))).split('\n');
    this.text = lines.pop()!;
    return lines;
  }
}
