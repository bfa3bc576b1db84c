import { setImmediate } from 'node:timers/promises';
import { FilterAPI } from 'node-av/api';
import {
  AV_CHANNEL_ORDER_CUSTOM,
  AV_DISPOSITION_ATTACHED_PIC,
  AV_DISPOSITION_DEFAULT,
  AV_FRAME_FLAG_CORRUPT,
  AV_LOG_ERROR,
  AV_NOPTS_VALUE,
  AV_PKT_DATA_DISPLAYMATRIX,
  AVCOL_SPC_UNSPECIFIED,
  AVCOL_TRC_ARIB_STD_B67,
  AVCOL_TRC_SMPTE2084,
  AVDISCARD_ALL,
  AVERROR_EAGAIN,
  AVERROR_EOF,
  AVMEDIA_TYPE_AUDIO,
  AVMEDIA_TYPE_VIDEO,
  type AVPixelFormat,
} from 'node-av/constants';
import {
  avChannelLayoutDefault,
  avGetCodecName,
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
import { candidates, isAudible, LISTENING_FILTER, LISTENING_SECONDS, silent, undecodable } from './choice.ts';
import { Complaints } from './complaints.ts';
import { Discontinuities } from './discontinuities.ts';
import { threadsFor } from './limits.ts';
import {
  ACCEPTED_FORMATS,
  type FileDescription,
  isOversized,
  MAXIMUM_PIXELS,
  notAccepted,
  type Plan,
  planDecoding,
  type Request,
  type StreamDescription,
  type Tracks,
} from './plan.ts';

/** What decoding tells as it goes. Times are seconds from the film's start, NaN where the file gives none. */
export interface Listener {
  plan(plan: Plan): void;
  /** @param damaged whether it was made of what was left of damaged data. */
  picture(time: number, gray: Uint8Array, rgb: Uint8Array, damaged: boolean): void;
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
  const complaints = new Complaints();
  const complain = (message: string) => {
    const text = complaints.novel(message);
    if (text) listener.problem(text);
  };
  Log.setLevel(AV_LOG_ERROR);
  const file = open(path);
  // what is said while a file is opened and its formats are guessed is no damage
  Log.setCallback((_level, message) => complain(message), { maxLevel: AV_LOG_ERROR });
  const streams = file.streams;
  const description = describe(file, streams);
  const chosen = chooseTracks(path, description, streams, request);
  const plan = planDecoding(description, request, chosen);

  const tracks = new Map<number, Track>();
  const follow = (index: number | undefined, make: () => Output) => {
    const stream = streams.find((candidate) => candidate.index === index);
    if (stream) tracks.set(stream.index, new Track(stream, plan.start, make(), request.threads, complain));
  };
  const { picture, sound } = plan;
  if (picture) follow(picture.index, () => pictureOutput(plan, request, listener));
  if (sound) follow(sound.index, () => soundOutput(sound.filter, listener));
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
      complain(`reading: ${describeStatus(status)}`);
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
  // complaints arrive when the event loop turns
  await setImmediate();
}

/** The best tracks that can be decoded; of several with sound the first that is not silent. */
function chooseTracks(path: string, file: FileDescription, streams: Stream[], request: Request): Tracks {
  const notices: string[] = [];
  const decodable = (candidate: StreamDescription) => {
    if (isOversized(candidate)) return true; // the plan says why it is refused
    try {
      openCodec(streams.find(({ index }) => index === candidate.index)!, 1).freeContext();
      return true;
    } catch {
      notices.push(undecodable(file, candidate));
      return false;
    }
  };
  const [picture] = candidates(file, 'picture', request.videoTrack).filter(decodable);
  const sounds = candidates(file, 'sound', request.audioTrack).filter(decodable);
  const heard =
    sounds.length > 1 && request.sound ? sounds.find(({ index }) => isHeard(path, index)) : sounds[0];
  if (heard && heard !== sounds[0]) notices.push(silent(file, sounds[0]!, heard));
  return { picture, sound: heard ?? sounds[0], notices };
}

/** Whether a sound track holds anything but silence, as far as it is listened to. */
function isHeard(path: string, index: number): boolean {
  const file = open(path);
  let heard = false;
  let reached = 0;
  const filter = FilterAPI.create(LISTENING_FILTER);
  const listen: Output = (frame, time) => {
    if (!frame) return filter.close();
    reached = Math.max(reached, time);
    for (const samples of filter.processAllSync(withKnownLayout(frame))) {
      heard ||= isAudible(floats(samples.toBuffer()));
      samples.free();
    }
  };
  try {
    for (const stream of file.streams) if (stream.index !== index) stream.discard = AVDISCARD_ALL;
    const stream = file.streams.find((candidate) => candidate.index === index)!;
    const track = new Track(stream, seconds(stream.startTime, stream.timeBase) || 0, listen, 1, () => {});
    const packet = new Packet();
    packet.alloc();
    for (let failures = 0; !heard && reached < LISTENING_SECONDS && failures < MAXIMUM_ENDS; ) {
      if (file.readFrameSync(packet) < 0) failures++;
      else if (packet.streamIndex === index && packet.size > 0) track.send(packet);
      packet.unref();
    }
    track.end();
    packet.free();
  } finally {
    file.closeInputSync();
  }
  return heard;
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
    format: file.iformat?.name ?? '',
    start: known(file.startTime) ? Number(file.startTime) / MICROSECONDS : 0,
    duration: known(file.duration) ? Math.max(0, Number(file.duration) / MICROSECONDS) : 0,
    streams: streams
      .filter(
        ({ codecpar: { codecType } }) => codecType === AVMEDIA_TYPE_VIDEO || codecType === AVMEDIA_TYPE_AUDIO,
      )
      .map(describeStream),
  };
}

const transfers = new Map<number, StreamDescription['transfer']>([
  [AVCOL_TRC_SMPTE2084, 'pq'],
  [AVCOL_TRC_ARIB_STD_B67, 'hlg'],
]);

function describeStream(stream: Stream): StreamDescription {
  const { codecpar } = stream;
  const matrix = codecpar.getCodedSideData(AV_PKT_DATA_DISPLAYMATRIX);
  return {
    index: stream.index,
    kind: codecpar.codecType === AVMEDIA_TYPE_VIDEO ? 'picture' : 'sound',
    codec: avGetCodecName(codecpar.codecId) ?? 'unknown',
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
    frames: Number(stream.nbFrames),
    transfer: transfers.get(codecpar.colorTrc) ?? 'sdr',
    matrixTagged: codecpar.colorSpace !== AVCOL_SPC_UNSPECIFIED,
    start: seconds(stream.startTime, stream.timeBase),
    duration: Math.max(0, seconds(stream.duration, stream.timeBase)) || 0,
  };
}

/** @throws Error where there is no decoder for the stream, or it does not start. */
function openCodec(stream: Stream, threads: number): CodecContext {
  const { codecpar } = stream;
  const decoder = Codec.findDecoder(codecpar.codecId);
  if (!decoder)
    throw new Error(`no decoder for stream ${stream.index} (${codecpar.codecTagString ?? 'unknown codec'})`);
  const codec = new CodecContext();
  codec.allocContext3(decoder);
  FFmpegError.throwIfError(codec.parametersToContext(codecpar));
  codec.pktTimebase = stream.timeBase;
  codec.threadCount = threadsFor(pictureBytes(codecpar), threads);
  FFmpegError.throwIfError(codec.setOption('max_pixels', BigInt(MAXIMUM_PIXELS)));
  const opened = codec.open2Sync(decoder, null);
  if (opened < 0) throw new Error(`stream ${stream.index} (${decoder.name}): ${describeStatus(opened)}`);
  return codec;
}

/** What becomes of the decoded frames of a stream. `frame` is undefined at the end. */
type Output = (frame: Frame | undefined, time: number) => void;

/** One stream on its way through its codec. */
class Track {
  readonly timeBase: Rational;
  private readonly codec: CodecContext;
  private readonly frame = new Frame();
  private readonly start: number;
  private readonly output: Output;
  private readonly problem: Listener['problem'];

  /** @param start the film's first moment on the stream's clock, in seconds. */
  constructor(stream: Stream, start: number, output: Output, threads: number, problem: Listener['problem']) {
    this.timeBase = stream.timeBase;
    this.start = start;
    this.output = output;
    this.problem = problem;
    this.frame.alloc();
    this.codec = openCodec(stream, threads);
  }

  send(packet: Packet | null): void {
    for (let attempt = 0; attempt < MAXIMUM_FAILURES; attempt++) {
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
    for (let failures = 0; failures < MAXIMUM_FAILURES; ) {
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
    const damaged = frame.decodeErrorFlags !== 0 || (frame.flags & AV_FRAME_FLAG_CORRUPT) !== 0;
    listener.picture(time, grayPixels, rgbPixels, damaged);
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
      for (const resampled of filter.processAllSync(withKnownLayout(frame))) give(resampled, offset);
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

/**
 * Layouts in an order of the file's own cannot be handed to a filter (node-av 6.1.1): the usual one of that many
 * channels stands in.
 */
function withKnownLayout(frame: Frame): Frame {
  const { order, nbChannels } = frame.channelLayout;
  if (order === AV_CHANNEL_ORDER_CUSTOM) frame.channelLayout = avChannelLayoutDefault(nbChannels);
  return frame;
}

function floats({ buffer, byteOffset, length }: Buffer): Float32Array {
  return new Float32Array(buffer.slice(byteOffset, byteOffset + length));
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
