import { statSync } from 'node:fs';
import { resolve } from 'node:path';
import type { Readable, Writable } from 'node:stream';
import { compiledEntry } from '../support/entry.ts';
import { decodingLimits } from './limits.ts';
import { type Message, readMessages } from './messages.ts';
import { patienceMilliseconds, whenHung } from './patience.ts';
import { type Child, startChild } from './process.ts';

/**
 * The process in which node-av decodes a file, for any number of readings in turn: a survey, then the film. To start one
 * takes a third of a second, most of it to load FFmpeg's libraries; so whoever reads a file more than once gives the same
 * one to each `openMedia`, and who knows early what will be read starts it early. Its limits hold for all its readings
 * together. A reading that breaks off ends it, and the next one starts another.
 */
export class DecodingProcess {
  private readonly path: string;
  private running: { child: Child; messages: AsyncIterator<Message>; bytes: number } | undefined;

  /** @param path the file; nothing is started yet. */
  constructor(path: string) {
    this.path = resolve(path);
  }

  /** Its number; 0 while it does not run. */
  get pid(): number {
    return this.running?.child.pid ?? 0;
  }

  /** Starts it, where it does not run. A file that is not there is nothing to be told of here: whoever opens it is told. */
  start(): void {
    const bytes = statSync(this.path, { throwIfNoEntry: false })?.size;
    if (this.running || bytes === undefined) return;
    const entry = compiledEntry(import.meta.url, 'node-av-child');
    const child = startChild(process.execPath, [entry, this.path], {
      descriptors: ['pipe', 'ignore', 'ignore', 'pipe'],
      limits: decodingLimits(0, bytes),
    });
    // what was asked of a process that is gone is told by its exit
    (child.pipes[0] as Writable).on('error', () => {});
    const messages = readMessages(child.pipes[3] as Readable);
    this.running = { child, messages, bytes };
  }

  /** Asks for a reading: its messages come from `next`, up to one that ends it. @param request a `DecodingRequest`. */
  ask(request: object): void {
    this.start();
    const { child, bytes } = this.started();
    (child.pipes[0] as Writable).write(`${JSON.stringify({ request, bytes })}\n`);
  }

  /**
   * What it says next; while it reads it speaks every second.
   *
   * @throws Error saying how it ended, where it did, or that it hung.
   */
  async next(): Promise<Message> {
    const { child, messages } = this.started();
    let hung = false;
    const spoken = whenHung(child.pid, () => {
      hung = true;
      child.kill();
    });
    try {
      const { done, value } = await messages.next();
      if (!done) return value;
    } finally {
      spoken();
    }
    const how = await child.exit;
    throw new Error(
      hung
        ? `the decoder hung (no sign of life for ${patienceMilliseconds / 1000} s)`
        : `node-av crashed on it (${how})`,
    );
  }

  kill(): void {
    this.running?.child.kill();
  }

  /** Ends it; resolves when it is gone. */
  async close(): Promise<void> {
    const { running } = this;
    this.running = undefined;
    await running?.child.close();
  }

  private started(): NonNullable<typeof this.running> {
    if (!this.running) throw new Error(`the decoder of '${this.path}' is closed`);
    return this.running;
  }
}
