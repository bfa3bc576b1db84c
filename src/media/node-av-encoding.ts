import {
  AV_CHANNEL_LAYOUT_MONO,
  AV_CODEC_FLAG_BITEXACT,
  AV_CODEC_FLAG_FRAME_DURATION,
  AV_CODEC_FLAG_GLOBAL_HEADER,
  AV_LOG_QUIET,
  AV_PIX_FMT_RGB24,
  AV_PIX_FMT_YUV420P,
  AV_SAMPLE_FMT_FLTP,
  AVCOL_RANGE_MPEG,
  AVCOL_SPC_SMPTE170M,
  AVERROR_EAGAIN,
  AVERROR_EOF,
  SWS_ACCURATE_RND,
  SWS_BICUBIC,
  SWS_BITEXACT,
  type SwsFlags,
} from 'node-av/constants';
import {
  Codec,
  CodecContext,
  FFmpegError,
  FormatContext,
  Frame,
  Log,
  Packet,
  Rational,
  SoftwareScaleContext,
  type Stream,
} from 'node-av/lib';
import type { FilmFormat } from './writer.ts';

/**
 * Options of x264. Its tree of macroblocks (mbtree) is off: with AVX-512 one encoding in twenty of the same pictures came
 * out otherwise (none in 350 without it, nor with AVX2 alone).
 */
const videoOptions = { preset: 'veryfast', mbtree: 0 } as const;

/** How many threads x264 uses. With more than one, about one film in ten differs in a few pixels from run to run. */
const videoThreads = 1;

/** Encodes and writes one mp4 file, picture by picture, with FFmpeg's libraries. Errors are thrown, with FFmpeg's reason. */
export class FilmEncoder {
  private readonly file = new FormatContext();
  private readonly video: Encoder;
  private readonly audio: Encoder | undefined;
  private readonly format: FilmFormat;
  private readonly scaler = new SoftwareScaleContext();
  private pictures = 0;
  private samples = 0;
  /** Sound that does not fill a frame of the codec yet. */
  private rest: Buffer = Buffer.alloc(0);

  constructor(format: FilmFormat) {
    Log.setLevel(AV_LOG_QUIET);
    this.format = format;
    check(this.file.allocOutputContext2(null, 'mp4', format.path));
    this.video = this.videoEncoder();
    this.audio = format.sampleRate > 0 ? this.audioEncoder() : undefined;
    const { width, height } = format;
    const codec = this.video.codec;
    const flags = (SWS_BICUBIC | SWS_ACCURATE_RND | SWS_BITEXACT) as SwsFlags;
    this.scaler.getContext(
      even(width),
      even(height),
      AV_PIX_FMT_RGB24,
      codec.width,
      codec.height,
      AV_PIX_FMT_YUV420P,
      flags,
    );
    this.file.url = `file:${format.path}`;
    check(this.file.openOutputSync());
    set(this.file, { movflags: '+faststart', fflags: '+bitexact' });
    check(this.file.writeHeaderSync(null));
  }

  /** @param rgb red, green, blue for each pixel. */
  picture(rgb: Buffer): void {
    const { width, height } = this.format;
    const { codec } = this.video;
    const source = Frame.fromVideoBuffer(toEvenSides(rgb, width, height), {
      width: even(width),
      height: even(height),
      format: AV_PIX_FMT_RGB24,
    });
    const picture = new Frame();
    picture.alloc();
    picture.width = codec.width;
    picture.height = codec.height;
    picture.format = AV_PIX_FMT_YUV420P;
    check(picture.allocBuffer());
    check(this.scaler.scaleFrameSync(picture, source));
    picture.pts = BigInt(this.pictures++);
    picture.duration = 1n;
    picture.colorSpace = codec.colorSpace;
    picture.colorRange = codec.colorRange;
    this.video.encode(picture);
    source.free();
    picture.free();
  }

  /** @param samples mono float32. */
  sound(samples: Buffer): void {
    const frameBytes = this.audio!.codec.frameSize * 4;
    const waiting = Buffer.concat([this.rest, samples]);
    let used = 0;
    for (; waiting.length - used >= frameBytes; used += frameBytes) {
      this.encodeSound(waiting.subarray(used, used + frameBytes));
    }
    this.rest = waiting.subarray(used);
  }

  end(): void {
    if (this.audio && this.rest.length > 0) this.encodeSound(this.rest);
    this.video.encode(null);
    this.audio?.encode(null);
    check(this.file.writeTrailerSync());
    this.file.closeOutputSync();
  }

  private encodeSound(samples: Buffer): void {
    const frame = Frame.fromAudioBuffer(samples, {
      nbSamples: samples.length / 4,
      format: AV_SAMPLE_FMT_FLTP,
      sampleRate: this.format.sampleRate,
      channelLayout: AV_CHANNEL_LAYOUT_MONO,
      pts: BigInt(this.samples),
    });
    this.samples += samples.length / 4;
    this.audio!.encode(frame);
    frame.free();
  }

  private videoEncoder(): Encoder {
    const { width, height, frameRate, compression } = this.format;
    return new Encoder(this.file, 'libx264', { ...videoOptions, crf: compression }, (codec) => {
      codec.width = even(width);
      codec.height = even(height);
      codec.pixelFormat = AV_PIX_FMT_YUV420P;
      codec.colorSpace = AVCOL_SPC_SMPTE170M;
      codec.colorRange = AVCOL_RANGE_MPEG;
      codec.timeBase = new Rational(1000, Math.round(frameRate * 1000));
      codec.framerate = new Rational(Math.round(frameRate * 1000), 1000);
      codec.threadCount = videoThreads;
      codec.setFlags(AV_CODEC_FLAG_FRAME_DURATION);
    });
  }

  private audioEncoder(): Encoder {
    const { sampleRate } = this.format;
    return new Encoder(this.file, 'aac', {}, (codec) => {
      codec.sampleRate = sampleRate;
      codec.sampleFormat = AV_SAMPLE_FMT_FLTP;
      codec.channelLayout = AV_CHANNEL_LAYOUT_MONO;
      codec.timeBase = new Rational(1, sampleRate);
      codec.bitRate = BigInt(this.format.bitRate);
    });
  }
}

/** One stream of the file, with its codec. */
class Encoder {
  readonly codec = new CodecContext();
  private readonly file: FormatContext;
  private readonly stream: Stream;
  private readonly packet = new Packet();

  constructor(
    file: FormatContext,
    name: string,
    options: Record<string, string | number>,
    configure: (codec: CodecContext) => void,
  ) {
    const encoder = Codec.findEncoderByName(name as Parameters<typeof Codec.findEncoderByName>[0]);
    if (!encoder) throw new Error(`this build of FFmpeg has no encoder '${name}'`);
    this.file = file;
    this.codec.allocContext3(encoder);
    configure(this.codec);
    this.codec.setFlags(AV_CODEC_FLAG_GLOBAL_HEADER, AV_CODEC_FLAG_BITEXACT);
    set(this.codec, options);
    check(this.codec.open2Sync(encoder, null));
    this.stream = file.newStream(null);
    this.stream.timeBase = this.codec.timeBase;
    check(this.stream.codecpar.fromContext(this.codec));
    this.packet.alloc();
  }

  /** @param frame null at the end. */
  encode(frame: Frame | null): void {
    check(this.codec.sendFrameSync(frame));
    for (;;) {
      const status = this.codec.receivePacketSync(this.packet);
      if (status === AVERROR_EAGAIN || status === AVERROR_EOF) return;
      check(status);
      this.packet.rescaleTs(this.codec.timeBase, this.stream.timeBase);
      this.packet.streamIndex = this.stream.index;
      check(this.file.interleavedWriteFrameSync(this.packet));
      this.packet.unref();
    }
  }
}

function even(side: number): number {
  return side + (side % 2);
}

/** The picture with its last column and row repeated where a side is odd. */
function toEvenSides(rgb: Buffer, width: number, height: number): Buffer {
  if (even(width) === width && even(height) === height) return rgb;
  const padded = Buffer.alloc(even(width) * even(height) * 3);
  for (let y = 0; y < even(height); y++) {
    const from = Math.min(y, height - 1) * width * 3;
    const row = rgb.subarray(from, from + width * 3);
    padded.set(row, y * even(width) * 3);
    if (width % 2 === 1) padded.set(row.subarray(-3), (y * even(width) + width) * 3);
  }
  return padded;
}

/** Sets options one by one: a Dictionary given to `open2Sync` is freed twice (node-av 6.1.1). */
function set(target: CodecContext | FormatContext, options: Record<string, string | number>): void {
  for (const [name, value] of Object.entries(options)) check(target.setOption(name, value));
}

function check(status: number): void {
  if (status < 0) throw new FFmpegError(status);
}
