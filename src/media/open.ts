import { open as openFile, stat } from 'node:fs/promises';
import { availableParallelism } from 'node:os';
import { resolve } from 'node:path';
import { InputError, unknownName } from '../support/errors.ts';
import { assemble, infoOf } from './assembly.ts';
import { examine, type Wholeness } from './container.ts';
import { openFfmpeg } from './ffmpeg.ts';
import { tooLong, upTo } from './longest.ts';
import { openNodeAv } from './node-av.ts';
import { type DecodingRequest, NotAcceptedError, noMargins } from './plan.ts';
import { type Opening, type Source, type SourceItem, UnavailableError } from './source.ts';
import { longestFilm } from './timeline.ts';
import type { Looks, Media, MediaInfo, MediaItem, MediaOptions, MediaSummary } from './types.ts';

const maximumSide = 4096;
const maximumThreads = 8;
const maximumTracks = 1000;

/**
 * Opens a local video or sound file and starts decoding it.
 *
 * @throws InputError naming the file and what is wrong with it, here or while iterating.
 */
export async function openMedia(path: string, options: MediaOptions = {}): Promise<Media> {
  const request = checkRequest(options);
  const { maximumDuration = longestFilm } = options;
  if (!(maximumDuration > 0 && maximumDuration <= longestFilm))
    throw new InputError(
      `maximumDuration is ${maximumDuration}; seconds, at most ${longestFilm}, are expected`,
    );
  options.signal?.throwIfAborted();
  const { signal, process } = options;
  const opening = { bytes: await checkFile(path), signal, process };
  try {
    const wholeness = await examine(path);
    if (wholeness.lacks) throw new Error(wholeness.lacks);
    const source = await openSource(resolve(path), request, options.decoder ?? 'auto', opening);
    const { duration } = source.plan;
    if (duration > maximumDuration && duration <= longestFilm) {
      await source.close();
      throw tooLong(maximumDuration, duration);
    }
    return new DecodedMedia(path, source, wholeness, maximumDuration, options);
  } catch (error) {
    options.signal?.throwIfAborted();
    throw unreadable(path, error);
  }
}

function checkRequest(options: MediaOptions): DecodingRequest {
  const { shortSide = 256, crop = 0, gray = true, rgbEvery = 10, rgbPeriod = 0, sound = true } = options;
  const threads = options.threads ?? Math.min(availableParallelism() + 1, maximumThreads);
  const decoder = options.decoder ?? 'auto';
  const decoders = ['auto', 'node-av', 'ffmpeg'];
  if (!decoders.includes(decoder)) throw unknownName('decoder', decoder, decoders);
  whole('shortSide', shortSide, 2, maximumSide);
  whole('crop', crop, 0, shortSide);
  whole('rgbEvery', rgbEvery, 0, Number.MAX_SAFE_INTEGER);
  if (!(rgbPeriod >= 0 && rgbPeriod < 1e6))
    throw new InputError(`rgbPeriod is ${rgbPeriod}; seconds are expected`);
  whole('threads', threads, 1, 64);
  const { videoTrack, audioTrack, margins = noMargins, keyFramesOnly = false, framePeriod = 0 } = options;
  if (!(framePeriod >= 0 && framePeriod < 1e6))
    throw new InputError(`framePeriod is ${framePeriod}; seconds are expected`);
  for (const [name, share] of Object.entries(margins))
    if (!(share >= 0 && share < 0.5))
      throw new InputError(`the margin ${name} is ${share}; a share from 0 up to 0.5 is expected`);
  const { looks } = options;
  if (looks) {
    whole('looks.shortSide', looks.shortSide, 2, maximumSide);
    if (!(looks.framePeriod >= 0 && looks.framePeriod < 1e6))
      throw new InputError(`looks.framePeriod is ${looks.framePeriod}; seconds are expected`);
  }
  whole('videoTrack', videoTrack ?? 1, 1, maximumTracks);
  whole('audioTrack', audioTrack ?? 1, 1, maximumTracks);
  return {
    ...{ shortSide, margins, keyFramesOnly, framePeriod, crop, gray, rgbEvery, rgbPeriod, sound, threads },
    ...{ videoTrack, audioTrack },
    ...(looks && { looks: { shortSide: looks.shortSide, framePeriod: looks.framePeriod } }),
  };
}

function whole(name: string, value: number, least: number, most: number): void {
  if (Number.isInteger(value) && value >= least && value <= most) return;
  throw new InputError(`${name} is ${value}; a whole number from ${least} to ${most} is expected`);
}

/** Only regular files: reading a FIFO or a device might never end. @returns the file's bytes. */
async function checkFile(path: string): Promise<number> {
  if (path === '-' || /^(https?|rtmps?|rtsp|ftp|data):/i.test(path))
    throw new InputError(
      `'${path}' is ${path === '-' ? 'standard input' : 'an address'}: films are read from files; save it to one first`,
    );
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

/** Opens a file with one decoder; with `auto`, with the other where the first gives nothing. */
async function openSource(
  path: string,
  request: DecodingRequest,
  decoder: NonNullable<MediaOptions['decoder']>,
  opening: Opening,
): Promise<Source> {
  const byNodeAv = async () => started(await openNodeAv(path, request, opening));
  const byFfmpeg = async () => started(await openFfmpeg(path, request, opening));
  if (decoder === 'ffmpeg') return byFfmpeg();
  if (decoder === 'node-av') return byNodeAv();
  return byNodeAv().catch((failure) => {
    // both accept the same formats
    if (opening.signal?.aborted || failure instanceof NotAcceptedError) throw failure;
    return byFfmpeg().catch((second) => {
      throw second instanceof UnavailableError ? failure : second;
    });
  });
}

/** Waits until a decoder has given something, for one that breaks down on a file mostly does so at once. */
async function started(source: Source): Promise<Source> {
  const first: SourceItem[] = [];
  try {
    for (;;) {
      const { done, value } = await source.items.next();
      if (done) break;
      first.push(value);
      if (value.kind !== 'problem') break;
    }
    if (first.every(({ kind }) => kind === 'problem')) {
      const problems = first.map((item) => (item.kind === 'problem' ? item.message : ''));
      throw new Error(
        [...problems, ...source.plan.notices].join('; ') || 'it holds neither picture nor sound',
      );
    }
  } catch (error) {
    await source.close();
    throw error;
  }
  const rest = source.items;
  const items = (async function* () {
    yield* first;
    yield* rest;
  })();
  return { ...source, items };
}

function unreadable(path: string, error: unknown): unknown {
  if (error instanceof InputError || !(error instanceof Error)) return error;
  if (error instanceof UnavailableError)
    return new InputError(
      `no decoder: ${error.message}, and ffmpeg is not there; either is enough (ffmpeg of your system, or npm install node-av)`,
    );
  return new InputError(`cannot decode '${path}': ${error.message}`);
}

class DecodedMedia implements Media {
  readonly info: MediaInfo;
  readonly pid: number;
  private readonly path: string;
  private readonly source: Source;
  private readonly wholeness: Wholeness;
  private readonly maximumDuration: number;
  private readonly signal: AbortSignal | undefined;
  private readonly onLook: Looks['onLook'] | undefined;
  private iterated = false;
  private result: MediaSummary | undefined;

  constructor(
    path: string,
    source: Source,
    wholeness: Wholeness,
    maximumDuration: number,
    { signal, looks }: MediaOptions,
  ) {
    this.path = path;
    this.source = source;
    this.wholeness = wholeness;
    this.maximumDuration = maximumDuration;
    this.pid = source.pid;
    this.signal = signal;
    this.onLook = looks?.onLook;
    this.info = infoOf(source);
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
      const { source, wholeness, signal, onLook } = this;
      const items = assemble(source, wholeness, { signal, onLook });
      const summary = yield* upTo(this.maximumDuration, items);
      this.signal?.throwIfAborted();
      this.result = summary;
    } catch (error) {
      this.signal?.throwIfAborted();
      throw unreadable(this.path, error);
    } finally {
      await this.close();
    }
  }
}
