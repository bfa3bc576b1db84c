import { Worker } from 'node:worker_threads';
import type { FilmAffect } from '../affect/index.ts';
import { compiledEntry } from '../support/entry.ts';
import type { FilmStrip } from './film-strip.ts';
import type { PictureReply, PictureRequest } from './picture-messages.ts';

/** So long the thread waits for another picture before it ends, in milliseconds. */
const patience = 5000;

interface Waiting {
  resolve(png: Uint8Array): void;
  reject(error: Error): void;
}

/** The thread that draws: it takes two tenths of a second to draw, in which the next film need not wait. */
class Painter {
  private readonly thread = new Worker(compiledEntry(import.meta.url, 'picture-worker'), { execArgv: [] });
  private readonly waiting: Waiting[] = [];
  private failure: Error | undefined;
  private leaving: NodeJS.Timeout | undefined;

  constructor() {
    this.thread.unref();
    this.thread.on('message', (reply: PictureReply) => {
      const asked = this.waiting.shift();
      if ('png' in reply) asked?.resolve(reply.png);
      else asked?.reject(new Error(`the picture could not be drawn: ${reply.error}`));
      this.rest();
    });
    this.thread.on('error', (error) => this.fail(error));
    this.thread.on('exit', (code) => this.fail(new Error(`the thread that draws ended with code ${code}`)));
    this.rest();
  }

  draw(request: PictureRequest): Promise<Uint8Array> {
    clearTimeout(this.leaving);
    this.thread.ref();
    return new Promise((resolve, reject) => {
      if (this.failure) return reject(this.failure);
      this.waiting.push({ resolve, reject });
      this.thread.postMessage(request);
    });
  }

  /** Keeps the process alive only while a picture is due, and itself for as long as another may follow. */
  private rest(): void {
    if (this.waiting.length > 0) return;
    this.thread.unref();
    clearTimeout(this.leaving);
    this.leaving = setTimeout(() => {
      if (painter === this) painter = undefined;
      void this.thread.terminate();
    }, patience).unref();
  }

  private fail(error: Error): void {
    this.failure ??= error;
    if (painter === this) painter = undefined;
    for (const { reject } of this.waiting.splice(0)) reject(this.failure);
  }
}

let painter: Painter | undefined;

/** Starts the thread that draws pictures, ahead of the first one; it ends some seconds after the last. */
export function expectPicture(): void {
  painter ??= new Painter();
}

/**
 * The curves of a film as a picture a person enjoys looking at: valence, arousal, and below them the film itself. It is
 * drawn in a thread of its own.
 *
 * @param strip stills to put under the curves; none leaves that row out.
 * @returns a PNG of 1600 × 900 pixels.
 */
export async function toPicture(film: FilmAffect, strip?: FilmStrip): Promise<Uint8Array> {
  painter ??= new Painter();
  return await painter.draw({ film, stills: strip?.stills ?? [] });
}
