import { open as openFile, stat } from 'node:fs/promises';
import { availableParallelism } from 'node:os';
import { resolve } from 'node:path';
import { InputError, unknownName } from '../support/errors.ts';
import { Coverage } from './coverage.ts';
import { openFfmpeg } from './ffmpeg.ts';
import { tooLong, upTo } from './longest.ts';
import { openNodeAv } from './node-av.ts';
import type { Request } from './plan.ts';
import { type Opening, type Source, UnavailableError } from './source.ts';
import { FrameClock, LONGEST_FILM, SoundTrack } from './timeline.ts';
import {
  type Media,
  type MediaInfo,
  type MediaItem,
  type MediaOptions,
  type MediaSummary,
  SAMPLE_RATE,
} from './types.ts';

const MAXIMUM_SIDE = 4096;
const MAXIMUM_THREADS = 8;
const MAXIMUM_PROBLEMS = 20;

/**
 * Opens a local video or sound file and starts decoding it.
 *
 * @throws InputError naming the file and what is wrong with it, here or while iterating.
 */
export async function openMedia(path: string, options: MediaOptions = {}): Promise<Media> {
  const request = checkRequest(options);
  const { maximumDuration = LONGEST_FILM } = options;
  if (!(maximumDuration > 0 && maximumDuration <= LONGEST_FILM))
    throw new InputError(
      `maximumDuration is ${maximumDuration}; seconds, at most ${LONGEST_FILM}, are expected`,
    );
  options.signal?.throwIfAborted();
  const opening = { bytes: await checkFile(path), signal: options.signal };
  try {
    const source = await openSource(resolve(path), request, options.decoder ?? 'auto', opening);
    const { duration } = source.plan;
    if (duration > maximumDuration && duration <= LONGEST_FILM) {
      await source.close();
      throw tooLong(maximumDuration, duration);
    }
    return new DecodedMedia(path, source, maximumDuration, options.signal);
  } catch (error) {
    options.signal?.throwIfAborted();
    throw unreadable(path, error);
  }
}

function checkRequest(options: MediaOptions): Request {
  const { shortSide = 256, crop = 0, gray = true, rgbEvery = 10, sound = true } = options;
  const threads = options.threads ?? Math.min(availableParallelism() + 1, MAXIMUM_THREADS);
  const decoder = options.decoder ?? 'auto';
  const decoders = ['auto', 'node-av', 'ffmpeg'];
  if (!decoders.includes(decoder)) throw unknownName('decoder', decoder, decoders);
  whole('shortSide', shortSide, 2, MAXIMUM_SIDE);
  whole('crop', crop, 0, shortSide);
  whole('rgbEvery', rgbEvery, 0, Number.MAX_SAFE_INTEGER);
  whole('threads', threads, 1, 64);
  return { shortSide, crop, gray, rgbEvery, sound, threads };
}

function whole(name: string, value: number, least: number, most: number): void {
  if (Number.isInteger(value) && value >= least && value <= most) return;
  throw new InputError(`${name} is ${value}; a whole number from ${least} to ${most} is expected`);
}

/** Only regular files: reading a FIFO or a device might never end. @returns the file's bytes. */
async function checkFile(path: string): Promise<number> {
  const status = await stat(path).catch((error: NodeJS.ErrnoException) => {
    throw new InputError(
      `cannot read '${path}': ${error.code === 'ENOENT' ? 'no such file' : error.message}`,
    );
  });
  if (status.isDirectory()) throw new InputError(`'${path}' is a folder; a video or sound file is expected`);
  if (!status.isFile())
    throw new InputError(`'${path}' is not a regular file; a video or sound file is expected`);
  if (status.size === 0) throw new InputError(`'${path}' is empty`);
  const file = await openFile(path).catch((error: Error) => {
    throw new InputError(`cannot read '${path}': ${error.message}`);
  });
  await file.close();
  return status.size;
}

async function openSource(
  path: string,
  request: Request,
  decoder: NonNullable<MediaOptions['decoder']>,
  opening: Opening,
): Promise<Source> {
  if (decoder === 'ffmpeg') return openFfmpeg(path, request, opening);
  try {
    return await openNodeAv(path, request, opening);
  } catch (error) {
    if (decoder === 'auto' && error instanceof UnavailableError) return openFfmpeg(path, request, opening);
    throw error;
  }
}

function unreadable(path: string, error: unknown): unknown {
  if (error instanceof InputError || !(error instanceof Error)) return error;
  if (error instanceof UnavailableError)
    return new InputError(`no decoder: node-av does not load (${error.message})`);
  return new InputError(`cannot decode '${path}': ${error.message}`);
}

class DecodedMedia implements Media {
  readonly info: MediaInfo;
  readonly pid: number;
  private readonly path: string;
  private readonly source: Source;
  private readonly maximumDuration: number;
  private readonly signal: AbortSignal | undefined;
  private iterated = false;
  private result: MediaSummary | undefined;

  constructor(path: string, source: Source, maximumDuration: number, signal: AbortSignal | undefined) {
    const { decoder, plan, pid } = source;
    this.path = path;
    this.source = source;
    this.maximumDuration = maximumDuration;
    this.pid = pid;
    this.signal = signal;
    this.info = {
      decoder,
      declaredDuration: plan.duration <= LONGEST_FILM ? plan.duration : 0,
      width: plan.picture?.width ?? 0,
      height: plan.picture?.height ?? 0,
      frameRate: plan.picture?.frameRate ?? 0,
      hasPicture: plan.picture !== undefined,
      hasSound: plan.sound !== undefined,
    };
  }

  async close(): Promise<void> {
    await this.source.close();
  }

  summary(): MediaSummary {
    if (!this.result) throw new Error('internal: summary() before the last item');
    return this.result;
  }

  async *[Symbol.asyncIterator](): AsyncGenerator<MediaItem, void, undefined> {
    if (this.iterated) throw new Error('internal: a film is decoded once; open it again');
    this.iterated = true;
    try {
      yield* upTo(this.maximumDuration, this.items());
    } catch (error) {
      this.signal?.throwIfAborted();
      throw unreadable(this.path, error);
    } finally {
      await this.close();
    }
  }

  private async *items(): AsyncGenerator<MediaItem, void, undefined> {
    const { info } = this;
    const clock = new FrameClock(info.declaredDuration, info.frameRate);
    const coverage = new Coverage(info.frameRate);
    const sound = new SoundTrack(info.declaredDuration);
    const problems = new Set<string>();
    let frames = 0;
    for await (const item of this.source.items) {
      this.signal?.throwIfAborted();
      if (item.kind === 'problem') {
        if (problems.size < MAXIMUM_PROBLEMS) problems.add(item.message);
      } else if (item.kind === 'sound') {
        let start = sound.length;
        for (const samples of sound.place(item.time, item.samples)) {
          yield { kind: 'sound', chunk: { start, samples } };
          start += samples.length;
        }
      } else {
        const { gray, rgb } = item;
        const time = clock.next(item.time);
        coverage.add(time);
        const frame = { index: frames, time, width: info.width, height: info.height, gray };
        frames += 1;
        yield { kind: 'frame', frame: rgb ? { ...frame, rgb } : frame };
      }
    }
    this.signal?.throwIfAborted();
    if (frames === 0 && sound.length === 0)
      throw new Error([...problems].join('; ') || 'it holds neither picture nor sound');

    const { plan } = this.source;
    const decodedDuration = plan.picture ? coverage.seconds(problems.size > 0) : sound.length / SAMPLE_RATE;
    const declared = (plan.picture ?? plan.sound)?.duration || info.declaredDuration;
    this.result = {
      ...info,
      decodedDuration,
      coverage: declared > 0 && declared <= LONGEST_FILM ? Math.min(1, decodedDuration / declared) : 1,
      frames,
      samples: sound.length,
      problems: [...problems],
    };
  }
}
