import { rename, rm } from 'node:fs/promises';
import { resolve } from 'node:path';
import type { Readable, Writable } from 'node:stream';
import { compiledEntry } from '../support/entry.ts';
import { InputError } from '../support/errors.ts';
import { temporaryPath } from '../support/files.ts';
import { sampleRate as ownRate } from '../support/sound.ts';
import { encodingLimits } from './limits.ts';
import { startChild } from './process.ts';

/** A film that is to be written: its frames, and its sound where it has any. */
export interface FilmParts {
  width: number;
  height: number;
  /** Frames per second, 1 to 240. */
  frameRate: number;
  /** Red, green, blue 0..255 for each pixel, row by row: `width * height * 3` bytes a frame. */
  frames: Iterable<Uint8Array> | AsyncIterable<Uint8Array>;
  /** Mono sound in [-1, 1], in stretches of any length; silent film when not given. */
  waveform?: Iterable<Float32Array> | AsyncIterable<Float32Array>;
  /** Of the waveform, in Hz; 22,050 when not given. One that AAC knows: 8000 … 96,000. */
  sampleRate?: number;
  /** x264's constant rate factor, 0 (lossless) to 51; 18 when not given. */
  compression?: number;
  /** Of the sound, in bits a second, 8000 to 320,000; 96,000 when not given. */
  bitRate?: number;
  signal?: AbortSignal;
}

/** What the encoding child is told first, as JSON. */
export interface FilmFormat {
  path: string;
  width: number;
  height: number;
  frameRate: number;
  /** 0 for a silent film. */
  sampleRate: number;
  compression: number;
  bitRate: number;
}

/** First byte of each message to the encoding child; four bytes of length and the bytes follow. */
export const picture = 1;
export const soundMessage = 2;
export const end = 3;

/**
 * Writes a film: H.264 (4:2:0) and AAC in an mp4 file, encoded in a process of its own. An odd side grows by a
 * pixel, because 4:2:0 halves both. The same input gives the same bytes, as long as node-av stays the same.
 * The file appears when it is complete; after a failure nothing is left.
 *
 * @throws TypeError when a frame has another length than the size asks for.
 * @throws InputError when the file cannot be written.
 */
export async function writeFilm(path: string, parts: FilmParts): Promise<void> {
  const {
    width,
    height,
    frameRate,
    waveform,
    sampleRate = ownRate,
    compression = 18,
    bitRate = 96_000,
    signal,
  } = parts;
  const sides = [width, height];
  if (!sides.every((side) => Number.isInteger(side) && side >= 2 && side <= 8192))
    throw new TypeError(
      `a film of ${width}×${height} cannot be written; sides are whole numbers from 2 to 8192`,
    );
  if (!(frameRate >= 1 && frameRate <= 240))
    throw new TypeError(`the frame rate is ${frameRate}; 1 to 240 is expected`);
  if (!(compression >= 0 && compression <= 51))
    throw new TypeError(`the compression is ${compression}; 0 to 51 is expected`);
  if (!(Number.isInteger(bitRate) && bitRate >= 8000 && bitRate <= 320_000))
    throw new TypeError(`the bit rate is ${bitRate}; a whole number from 8000 to 320000 is expected`);
  signal?.throwIfAborted();

  const temporary = temporaryPath(resolve(path));
  const format: FilmFormat = {
    path: temporary,
    width,
    height,
    frameRate,
    sampleRate: waveform ? sampleRate : 0,
    compression,
    bitRate,
  };
  const entry = compiledEntry(import.meta.url, 'writer-child');
  const child = startChild(process.execPath, [entry, JSON.stringify(format)], {
    descriptors: ['pipe', 'ignore', 'pipe'],
    limits: encodingLimits,
    signal,
  });
  const input = child.pipes[0] as Writable;
  let complaint = '';
  (child.pipes[2] as Readable).setEncoding('utf8').on('data', (text: string) => {
    complaint = (complaint + text).slice(-2000);
  });
  input.on('error', () => {}); // a write that fails is told to its caller
  try {
    const how = await sendParts(input, parts).then(
      () => child.exit,
      async (error: NodeJS.ErrnoException) => {
        if (error.code !== 'EPIPE' && error.code !== 'ERR_STREAM_DESTROYED') throw error;
        return await child.exit;
      },
    );
    signal?.throwIfAborted();
    if (how !== 'exit code 0') {
      const isFull = /no space left|quota exceeded|file too large/i.test(complaint);
      const code = isFull ? 'no-space' : 'bad-input';
      throw new InputError(`cannot write '${path}': ${complaint.trim() || how}`, code);
    }
    await rename(temporary, path);
  } finally {
    await child.close();
    await rm(temporary, { force: true });
  }
}

/** Sends pictures and sound in the order of the film, at the encoder's pace. */
async function sendParts(pipe: Writable, parts: FilmParts): Promise<void> {
  const { width, height, frameRate, frames, waveform, sampleRate = ownRate } = parts;
  const send = async (kind: number, bytes: Uint8Array) => {
    const head = Buffer.alloc(5);
    head.writeUInt8(kind, 0);
    head.writeUInt32LE(bytes.length, 1);
    pipe.write(head);
    await new Promise<void>((done, failed) => pipe.write(bytes, (error) => (error ? failed(error) : done())));
  };
  const sound = soundUpTo(waveform ?? []);
  let count = 0;
  for await (const frame of frames) {
    if (frame.length !== width * height * 3)
      throw new TypeError(
        `frame ${count} has ${frame.length} bytes; ${width}×${height} needs ${width * height * 3}`,
      );
    await send(picture, frame);
    count++;
    for await (const bytes of sound((count / frameRate) * sampleRate)) await send(soundMessage, bytes);
  }
  for await (const bytes of sound(Number.POSITIVE_INFINITY)) await send(soundMessage, bytes);
  await send(end, new Uint8Array(0));
  pipe.end();
}

/** Gives the sound as bytes, as much at each call as is needed to have the asked number of samples in all. */
function soundUpTo(waveform: NonNullable<FilmParts['waveform']>) {
  const chunks =
    Symbol.asyncIterator in waveform ? waveform[Symbol.asyncIterator]() : waveform[Symbol.iterator]();
  let sent = 0;
  let over = false;
  return async function* (samples: number): AsyncGenerator<Uint8Array> {
    while (sent < samples && !over) {
      const { done, value } = await chunks.next();
      if (done) over = true;
      else {
        sent += value.length;
        yield new Uint8Array(value.buffer, value.byteOffset, value.byteLength);
      }
    }
  };
}
