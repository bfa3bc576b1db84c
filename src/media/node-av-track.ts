import {
  AV_CHANNEL_ORDER_CUSTOM,
  AVERROR_EAGAIN,
  AVERROR_EOF,
  AVMEDIA_TYPE_VIDEO,
  type AVPixelFormat,
} from 'node-av/constants';
import {
  avChannelLayoutDefault,
  avImageGetBufferSize,
  Codec,
  CodecContext,
  type CodecParameters,
  FFmpegError,
  Frame,
  type Packet,
  type Rational,
  type Stream,
} from 'node-av/lib';
import { threadsFor } from './limits.ts';
import { describeStatus, seconds } from './node-av-file.ts';
import { type DecodingRequest, maximumPixels } from './plan.ts';

/** This many failures in a row, with nothing decoded between, end a damaged file. */
export const maximumFailures = 1000;

/** What becomes of the decoded frames of a stream. `frame` is undefined at the end. */
export type Output = (frame: Frame | undefined, time: number) => void;

/** @throws Error where there is no decoder for the stream, or it does not start. */
export function openCodec(stream: Stream, threads: number, keyFramesOnly = false): CodecContext {
  const { codecpar } = stream;
  const decoder = Codec.findDecoder(codecpar.codecId);
  if (!decoder)
    throw new Error(`no decoder for stream ${stream.index} (${codecpar.codecTagString ?? 'unknown codec'})`);
  const codec = new CodecContext();
  codec.allocContext3(decoder);
  FFmpegError.throwIfError(codec.parametersToContext(codecpar));
  codec.pktTimebase = stream.timeBase;
  codec.threadCount = threadsFor(pictureBytes(codecpar), threads);
  FFmpegError.throwIfError(codec.setOption('max_pixels', BigInt(maximumPixels)));
  if (keyFramesOnly) FFmpegError.throwIfError(codec.setOption('skip_frame', 'nokey'));
  const opened = codec.open2Sync(decoder, null);
  if (opened < 0) throw new Error(`stream ${stream.index} (${decoder.name}): ${describeStatus(opened)}`);
  return codec;
}

/** Of a decoded picture; 0 or less for sound, and where the format is not known yet. */
function pictureBytes({ codecType, format, width, height }: CodecParameters): number {
  if (codecType !== AVMEDIA_TYPE_VIDEO) return 0;
  return avImageGetBufferSize(format as AVPixelFormat, width, height, 1);
}

/** One stream on its way through its codec. */
export class DecodedTrack {
  readonly timeBase: Rational;
  private readonly codec: CodecContext;
  private readonly frame = new Frame();
  private readonly start: number;
  private readonly output: Output;
  private readonly problem: (message: string) => void;

  /** @param start the film's first moment on the stream's clock, in seconds. */
  constructor(
    stream: Stream,
    start: number,
    output: Output,
    { threads, keyFramesOnly }: Pick<DecodingRequest, 'threads' | 'keyFramesOnly'>,
    problem: (message: string) => void,
  ) {
    this.timeBase = stream.timeBase;
    this.start = start;
    this.output = output;
    this.problem = problem;
    this.frame.alloc();
    this.codec = openCodec(stream, threads, keyFramesOnly);
  }

  send(packet: Packet | null): void {
    for (let attempt = 0; attempt < maximumFailures; attempt++) {
      const status = this.codec.sendPacketSync(packet);
      if (status < 0 && status !== AVERROR_EAGAIN && status !== AVERROR_EOF) {
        this.problem(`decoding: ${describeStatus(status)}`);
      }
      this.receive();
      if (status !== AVERROR_EAGAIN) return;
    }
  }

  end(): void {
    this.send(null);
    this.output(undefined, Number.NaN);
    this.frame.free();
    this.codec.freeContext();
  }

  private receive(): void {
    for (let failures = 0; failures < maximumFailures; ) {
      const status = this.codec.receiveFrameSync(this.frame);
      if (status === AVERROR_EAGAIN || status === AVERROR_EOF) return;
      if (status < 0) {
        this.problem(`decoding: ${describeStatus(status)}`);
        failures++;
        continue;
      }
      this.frame.timeBase = this.timeBase;
      const timestamp = this.frame.bestEffortTimestamp;
      this.frame.pts = timestamp;
      try {
        this.output(this.frame, seconds(timestamp, this.timeBase) - this.start);
      } catch (error) {
        if (!(error instanceof Error) || 'syscall' in error) throw error;
        this.problem(`converting: ${error.message}`);
      }
    }
  }
}

/**
 * Layouts in an order of the file's own cannot be handed to a filter (node-av 6.1.1): the usual one of that many
 * channels stands in.
 */
export function withKnownLayout(frame: Frame): Frame {
  const { order, nbChannels } = frame.channelLayout;
  if (order === AV_CHANNEL_ORDER_CUSTOM) frame.channelLayout = avChannelLayoutDefault(nbChannels);
  return frame;
}
