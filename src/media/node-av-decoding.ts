import { setImmediate } from 'node:timers/promises';
import { FilterAPI } from 'node-av/api';
import {
  AV_DISPOSITION_ATTACHED_PIC,
  AV_DISPOSITION_DEFAULT,
  AV_LOG_QUIET,
  AV_NOPTS_VALUE,
  AV_PKT_DATA_DISPLAYMATRIX,
  AVDISCARD_ALL,
  AVERROR_EAGAIN,
  AVERROR_EOF,
  AVMEDIA_TYPE_AUDIO,
  AVMEDIA_TYPE_VIDEO,
  type AVPixelFormat,
} from 'node-av/constants';
import {
  avImageGetBufferSize,
  Codec,
  CodecContext,
  type CodecParameters,
  FFmpegError,
  FormatContext,
  Frame,
  Log,
  Packet,
  type Rational,
  type Stream,
} from 'node-av/lib';
import { Discontinuities } from './discontinuities.ts';
import { threadsFor } from './limits.ts';
import {
  ACCEPTED_FORMATS,
  type FileDescription,
  MAXIMUM_PIXELS,
  notAccepted,
  type Plan,
  planDecoding,
  type Request,
  type StreamDescription,
} from './plan.ts';

/** What decoding tells as it goes. Times are seconds from the film's start, NaN where the file gives none. */
export interface Listener {
  plan(plan: Plan): void;
  picture(time: number, gray: Uint8Array, rgb: Uint8Array): void;
  sound(time: number, samples: Uint8Array): void;
  problem(message: string): void;
  packetRead(): void;
}

/** This many failures in a row, with nothing decoded between, end a damaged file. */
const MAXIMUM_FAILURES = 1000;

/** A sample said to lie beyond the end of a damaged file looks like the file's end; there may be more to read. */
const MAXIMUM_ENDS = 10;

/** Node frees what native objects leave behind only when the event loop turns. */
const PACKETS_BETWEEN_PAUSES = 256;

const MICROSECONDS = 1e6;
const nothing = new Uint8Array(0);
const known = (timestamp: bigint) => timestamp !== AV_NOPTS_VALUE;
const ratio = ({ num, den }: { num: number; den: number }) => (num > 0 && den > 0 ? num / den : 0);
const seconds = (timestamp: bigint, timeBase: Rational) =>
  known(timestamp) ? (Number(timestamp) * timeBase.num) / timeBase.den : Number.NaN;

/**
 * Decodes a file from start to end.
 *
 * Reads with `av_read_frame` and drives the codecs by send and receive, because node-av's own demuxer and decoder
 * take read errors for the end, drop damaged frames, and "repair" timestamps that are right.
 *
 * @throws Error saying why the file cannot be opened.
 */
export async function decode(path: string, request: Request, listener: Listener): Promise<void> {
  Log.setLevel(AV_LOG_QUIET);
  const file = open(path);
  const streams = file.streams;
  const plan = planDecoding(describe(file, streams), request);

  const tracks = new Map<number, Track>();
  const follow = (index: number | undefined, make: () => Output) => {
    const stream = streams.find((candidate) => candidate.index === index);
    if (!stream) return false;
    try {
      tracks.set(stream.index, new Track(stream, plan.start, make(), request.threads, listener));
      return true;
    } catch (error) {
      listener.problem(error instanceof Error ? error.message : String(error));
      return false;
    }
  };
  const { picture, sound } = plan;
  if (picture && !follow(picture.index, () => pictureOutput(plan, request, listener)))
    plan.picture = undefined;
  if (sound && !follow(sound.index, () => soundOutput(sound.filter, listener))) plan.sound = undefined;
  for (const stream of streams) if (!tracks.has(stream.index)) stream.discard = AVDISCARD_ALL;
  listener.plan(plan);

  const discontinuities = new Discontinuities(file.iformat?.name ?? '');
  const packet = new Packet();
  packet.alloc();
  let ends = 0;
  let packets = 0;
  for (let failures = 0; failures < MAXIMUM_FAILURES && ends < MAXIMUM_ENDS; ) {
    listener.packetRead();
    packets += 1;
    if (packets % PACKETS_BETWEEN_PAUSES === 0) await setImmediate();
    const status = file.readFrameSync(packet);
    if (status === AVERROR_EOF) {
      ends++;
      continue;
    }
    if (status < 0) {
      listener.problem(`reading: ${describeStatus(status)}`);
      failures++;
      continue;
    }
    failures = 0;
    ends = 0;
    const track = tracks.get(packet.streamIndex);
    if (track && packet.size > 0) {
      const { timeBase } = track;
      const time = seconds(packet.dts, timeBase);
      const shift = discontinuities.shift(packet.streamIndex, time, seconds(packet.duration, timeBase));
      track.send(shifted(packet, shift, timeBase));
    }
    packet.unref();
  }
  packet.free();
  for (const track of tracks.values()) track.end();
  file.closeInputSync();
}

function open(path: string): FormatContext {
  const file = new FormatContext();
  // Options are set on the contexts: a dictionary given to a codec is freed twice (node-av 6.1.1).
  file.allocContext();
  FFmpegError.throwIfError(file.setOption('protocol_whitelist', 'file'));
  FFmpegError.throwIfError(file.setOption('format_whitelist', ACCEPTED_FORMATS.join(',')));
  const opened = file.openInputSync(`file:${path}`, null, null);
  if (opened < 0) throw notAccepted(describeStatus(opened));
  const informed = file.findStreamInfoSync(null);
  if (informed < 0) throw notAccepted(describeStatus(informed));
  return file;
}

function describe(file: FormatContext, streams: Stream[]): FileDescription {
  return {
    start: known(file.startTime) ? Number(file.startTime) / MICROSECONDS : 0,
    duration: known(file.duration) ? Math.max(0, Number(file.duration) / MICROSECONDS) : 0,
    streams: streams
      .filter(
        ({ codecpar: { codecType } }) => codecType === AVMEDIA_TYPE_VIDEO || codecType === AVMEDIA_TYPE_AUDIO,
      )
      .map(describeStream),
  };
}

function describeStream(stream: Stream): StreamDescription {
  const { codecpar } = stream;
  const matrix = codecpar.getCodedSideData(AV_PKT_DATA_DISPLAYMATRIX);
  return {
    index: stream.index,
    kind: codecpar.codecType === AVMEDIA_TYPE_VIDEO ? 'picture' : 'sound',
    cover: (stream.disposition & AV_DISPOSITION_ATTACHED_PIC) !== 0,
    preferred: (stream.disposition & AV_DISPOSITION_DEFAULT) !== 0,
    width: codecpar.width,
    height: codecpar.height,
    pixelAspect: ratio(stream.sampleAspectRatio) || ratio(codecpar.sampleAspectRatio),
    displayMatrix:
      matrix && matrix.length >= 36
        ? Array.from({ length: 9 }, (_, i) => matrix.readInt32LE(4 * i))
        : undefined,
    frameRate: ratio(stream.avgFrameRate) || ratio(stream.rFrameRate),
    start: seconds(stream.startTime, stream.timeBase) || 0,
    duration: Math.max(0, seconds(stream.duration, stream.timeBase)) || 0,
  };
}

/** What becomes of the decoded frames of a stream. `frame` is undefined at the end. */
type Output = (frame: Frame | undefined, time: number) => void;

/** One stream on its way through its codec. */
class Track {
  readonly timeBase: Rational;
  private readonly codec = new CodecContext();
  private readonly frame = new Frame();
  private readonly start: number;
  private readonly output: Output;
  private readonly listener: Listener;

  /** @param start the film's first moment on the stream's clock, in seconds. */
  constructor(stream: Stream, start: number, output: Output, threads: number, listener: Listener) {
    this.timeBase = stream.timeBase;
    this.start = start;
    this.output = output;
    this.listener = listener;
    this.frame.alloc();
    const { codecpar } = stream;
    const decoder = Codec.findDecoder(codecpar.codecId);
    if (!decoder)
      throw new Error(
        `no decoder for stream ${stream.index} (${codecpar.codecTagString ?? 'unknown codec'})`,
      );
    this.codec.allocContext3(decoder);
    FFmpegError.throwIfError(this.codec.parametersToContext(codecpar));
    this.codec.pktTimebase = stream.timeBase;
    this.codec.threadCount = threadsFor(pictureBytes(codecpar), threads);
    FFmpegError.throwIfError(this.codec.setOption('max_pixels', BigInt(MAXIMUM_PIXELS)));
    const opened = this.codec.open2Sync(decoder, null);
    if (opened < 0) throw new Error(`stream ${stream.index} (${decoder.name}): ${describeStatus(opened)}`);
  }

  send(packet: Packet | null): void {
    for (let attempt = 0; attempt < MAXIMUM_FAILURES; attempt++) {
      const status = this.codec.sendPacketSync(packet);
      if (status < 0 && status !== AVERROR_EAGAIN && status !== AVERROR_EOF) {
        this.listener.problem(`decoding: ${describeStatus(status)}`);
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
    for (let failures = 0; failures < MAXIMUM_FAILURES; ) {
      const status = this.codec.receiveFrameSync(this.frame);
      if (status === AVERROR_EAGAIN || status === AVERROR_EOF) return;
      if (status < 0) {
        this.listener.problem(`decoding: ${describeStatus(status)}`);
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
        this.listener.problem(`converting: ${error.message}`);
      }
    }
  }
}

function pictureOutput({ picture }: Plan, { gray, rgbEvery }: Request, listener: Listener): Output {
  const toGray = gray ? FilterAPI.create(picture!.grayFilter, { threads: 1 }) : undefined;
  const toRgb = rgbEvery > 0 ? FilterAPI.create(picture!.rgbFilter, { threads: 1 }) : undefined;
  let index = 0;
  return (frame, time) => {
    if (!frame) {
      toGray?.close();
      toRgb?.close();
      return;
    }
    const rgbWanted = rgbEvery > 0 && index % rgbEvery === 0;
    const grayPixels = toGray ? pixels(toGray, frame) : nothing;
    const rgbPixels = rgbWanted && toRgb ? pixels(toRgb, frame) : nothing;
    if (!grayPixels || !rgbPixels) return;
    listener.picture(time, grayPixels, rgbPixels);
    index++;
  };
}

/** The one picture that a filter makes of one frame. */
function pixels(filter: FilterAPI, frame: Frame): Uint8Array | undefined {
  const [scaled] = filter.processAllSync(frame);
  const bytes = scaled?.toBuffer();
  scaled?.free();
  return bytes;
}

function soundOutput(description: string, listener: Listener): Output {
  const filter = FilterAPI.create(description);
  const give = (resampled: Frame, offset: number) => {
    listener.sound(seconds(resampled.pts, resampled.timeBase) + offset, resampled.toBuffer());
    resampled.free();
  };
  let offset = 0;
  return (frame, time) => {
    if (frame) {
      offset = time - seconds(frame.pts, frame.timeBase);
      for (const resampled of filter.processAllSync(frame)) give(resampled, offset);
    } else {
      for (const resampled of filter.flushFramesSync()) give(resampled, offset);
      filter.close();
    }
  };
}

/** Of a decoded picture; 0 or less for sound, and where the format is not known yet. */
function pictureBytes({ codecType, format, width, height }: CodecParameters): number {
  if (codecType !== AVMEDIA_TYPE_VIDEO) return 0;
  return avImageGetBufferSize(format as AVPixelFormat, width, height, 1);
}

/** Moves a packet in time by whole ticks of its clock. */
function shifted(packet: Packet, shift: number, { num, den }: Rational): Packet {
  const ticks = BigInt(Math.round((shift * den) / num));
  if (ticks !== 0n && known(packet.pts)) packet.pts += ticks;
  if (ticks !== 0n && known(packet.dts)) packet.dts += ticks;
  return packet;
}

function describeStatus(status: number): string {
  return new FFmpegError(status).message;
}
