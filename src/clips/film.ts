import type { FlowField, GrayImage } from '../flow/index.ts';
import { flowOfFrames } from '../flow/node/index.ts';
import {
  type Media,
  type MediaInfo,
  type MediaOptions,
  type MediaSummary,
  openMedia,
  type VideoFrame,
} from '../media/index.ts';
import { Channel } from '../support/channel.ts';
import { framesPerSample, isSampled, sampleOfFlow } from './network-inputs.ts';

export interface FilmOptions
  extends Pick<
    MediaOptions,
    'decoder' | 'threads' | 'maximumDuration' | 'videoTrack' | 'audioTrack' | 'signal'
  > {
  /** Pixels of a frame's shorter side after scaling. */
  shortSide: number;
  /** Pixels of the square that is then cut from the middle; flow is computed within it. */
  side: number;
  /** What is wanted of the film; the rest is not decoded. */
  flow: boolean;
  picture: boolean;
  sound: boolean;
}

/** A frame that is looked at as a picture. */
export interface SampledFrame {
  /** 0, 1, 2 … */
  sample: number;
  /** Seconds from the film's start. */
  time: number;
  /** Pixels of its width and height. */
  side: number;
  /** side × side × 3. */
  rgb: Uint8Array;
}

/** The flow between two frames, and the sampled frame it belongs to. */
export interface SampleFlow {
  sample: number;
  field: FlowField;
}

/**
 * A film as the streams of the network see it. All three have to be read at the same time, for whoever is ahead waits
 * for the others; one that was not asked for, or that the film lacks, ends at once.
 */
export interface Film {
  readonly info: MediaInfo;
  readonly frames: AsyncIterable<SampledFrame>;
  readonly flow: AsyncIterable<SampleFlow>;
  /** Pieces of the waveform without gaps: mono, 22,050 Hz, in [−1, 1]. */
  readonly sound: AsyncIterable<Float32Array>;
  /** Once all three have ended. */
  summary(): MediaSummary;
  close(): Promise<void>;
}

/** Frames on their way to the flow: enough that its threads never wait, few enough to cost little. */
const graysAhead = 16;
/** Sampled frames wait for the flow around them; this many frames are more than flow and its batches hold back. */
const samplesAhead = 24;
const soundAhead = 4;

/**
 * Opens a film and starts decoding it. When the signal aborts, all that it gives fails with the signal's reason.
 *
 * @throws InputError naming the file and what is wrong with it, here or while reading.
 */
export async function openFilm(path: string, options: FilmOptions): Promise<Film> {
  const {
    shortSide,
    side,
    flow,
    picture,
    sound,
    decoder = 'auto',
    threads,
    maximumDuration,
    videoTrack,
    audioTrack,
    signal,
  } = options;
  const media = await openMedia(path, {
    shortSide,
    crop: side,
    gray: flow,
    rgbEvery: flow || picture ? framesPerSample : 0,
    sound,
    decoder,
    ...(threads !== undefined && { threads }),
    ...(maximumDuration !== undefined && { maximumDuration }),
    ...(videoTrack !== undefined && { videoTrack }),
    ...(audioTrack !== undefined && { audioTrack }),
    ...(signal && { signal }),
  });
  const grays = new Channel<GrayImage>(graysAhead);
  const frames = new Channel<SampledFrame>(samplesAhead);
  const waveform = new Channel<Float32Array>(soundAhead);
  const channels = [grays, frames, waveform];
  const fail = (error: unknown) => {
    for (const channel of channels) channel.fail(error);
  };
  // at once: the media may be stuck behind a channel that is full, or may fail by its decoder's end first
  const abort = () => {
    for (const channel of channels) channel.abort(signal?.reason);
  };
  signal?.addEventListener('abort', abort, { once: true });
  if (signal?.aborted) abort();
  const reading = distribute(media, flow ? grays : undefined, frames, waveform)
    .then(() => {
      for (const channel of channels) channel.end();
    }, fail)
    .finally(() => signal?.removeEventListener('abort', abort));
  return {
    info: media.info,
    frames,
    flow: flow ? flowOfSamples(grays, options) : empty,
    sound: waveform,
    summary: () => media.summary(),
    async close() {
      for (const channel of channels) channel.end();
      await media.close();
      await reading;
    },
  };
}

async function distribute(
  media: Media,
  grays: Channel<GrayImage> | undefined,
  frames: Channel<SampledFrame>,
  waveform: Channel<Float32Array>,
): Promise<void> {
  for await (const item of media) {
    if (item.kind === 'sound') {
      await waveform.push(item.chunk.samples);
      continue;
    }
    const { frame } = item;
    if (isSampled(frame.index) && frame.rgb) await frames.push(sampledFrame(frame, frame.rgb));
    await grays?.push({ width: frame.width, height: frame.height, data: frame.gray });
  }
}

function sampledFrame({ index, time, width }: VideoFrame, rgb: Uint8Array): SampledFrame {
  return { sample: index / framesPerSample, time, side: width, rgb };
}

async function* flowOfSamples(
  frames: AsyncIterable<GrayImage>,
  { threads, signal }: FilmOptions,
): AsyncGenerator<SampleFlow, void, undefined> {
  let index = 0;
  for await (const field of flowOfFrames(frames, { preset: 'fast', threads, signal }))
    yield { sample: sampleOfFlow(index++), field };
}

const empty: AsyncIterable<never> = {
  async *[Symbol.asyncIterator]() {},
};
