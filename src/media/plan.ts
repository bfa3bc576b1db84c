import { sampleRate } from '../support/sound.ts';
import { candidates, describeChoice } from './choice.ts';
import { scaleAndColor } from './color.ts';
import type { FileDescription, StreamDescription } from './description.ts';
import { formatsWithResets } from './discontinuities.ts';
import type { Looks, Margins, TrackChoice } from './types.ts';

/** Demuxers of FFmpeg that read one local file and nothing it refers to. Playlists and scripts (hls, dash, concat, image2 …) are not among them. */
export const acceptedFormats: readonly string[] = (
  'mov matroska avi mpegts mpeg mpegvideo ogg flv asf mxf nut rm dv wtv gxf ivf yuv4mpegpipe ' +
  'm4v h261 h263 h264 hevc obu mjpeg vc1 cavsvideo gif apng webp_pipe webp_anim flic roq smk bink ' +
  'wav w64 aiff caf au voc mp3 aac flac amr ac3 eac3 dts truehd mlp wv ape tta tak mpc mpc8 dsf'
).split(' ');

/** No accepted demuxer takes the file. */
export class NotAcceptedError extends Error {}

export function notAccepted(reason: string): NotAcceptedError {
  return new NotAcceptedError(
    `it is not video or sound in a format that is read here, such as MP4, MOV, Matroska, WebM, AVI, MPEG, Ogg, WAV or MP3 (${reason})`,
  );
}

/** A picture may have this many pixels (8192 × 8192); above, a few frames would fill the memory. */
export const maximumPixels = 67_108_864;

export const noMargins: Margins = { top: 0, bottom: 0, left: 0, right: 0 };

/** The long side of a scaled frame is at most this many times its short side; a longer one is squeezed. */
const maximumAspect = 8;

/** Whether any frame is wanted in color. */
export function wantsColor({
  rgbEvery,
  rgbPeriod,
}: Pick<DecodingRequest, 'rgbEvery' | 'rgbPeriod'>): boolean {
  return rgbEvery > 0 || rgbPeriod > 0;
}

/** What is asked of a decoder. */
export interface DecodingRequest {
  shortSide: number;
  margins: Margins;
  keyFramesOnly: boolean;
  framePeriod: number;
  crop: number;
  gray: boolean;
  rgbEvery: number;
  rgbPeriod: number;
  looks?: Pick<Looks, 'shortSide' | 'framePeriod'> | undefined;
  sound: boolean;
  threads: number;
  /** The only tracks to be taken, from 1 among those of their kind. */
  videoTrack?: number | undefined;
  audioTrack?: number | undefined;
}

export interface PicturePlan {
  index: number;
  choice: TrackChoice;
  /** Of the frames given. */
  width: number;
  height: number;
  frameRate: number;
  duration: number;
  grayFilter: string;
  rgbFilter: string;
  /** Where looks are asked for. */
  look?: { width: number; height: number; filter: string } | undefined;
}

export interface SoundPlan {
  index: number;
  choice: TrackChoice;
  /** When it begins, in seconds from the film's start; 0 if unknown. */
  start: number;
  duration: number;
  /** Gives pairs: the mean of the channels, and half the difference of left and right. */
  filter: string;
}

/** Which streams are decoded, and how: the same for either decoder. */
export interface DecodingPlan {
  /** The film's first moment on the file's clock, in seconds. */
  start: number;
  duration: number;
  /** See `FileDescription`. */
  timecode?: string | undefined;
  /** What has to be told of tracks that were passed over, each a sentence. */
  notices: string[];
  picture?: PicturePlan | undefined;
  sound?: SoundPlan | undefined;
}

/** Mono is the mean of the channels, not their sum: `rematrix_maxval` keeps loud surround sound within [−1, 1]. */
const resampled = (layout: string) =>
  `aresample=${sampleRate}:rematrix_maxval=1.0,aformat=sample_fmts=flt:channel_layouts=${layout}`;

/** Beside the mean comes the difference, for channels in antiphase cancel in a mean. */
const soundFilter =
  `asplit[all][again];[all]${resampled('mono')}[mean];` +
  `[again]${resampled('stereo')},pan=mono|c0=0.5*c0-0.5*c1[difference];[mean][difference]amerge=inputs=2`;

/** Before 0 there may be sound that only sets up its codec; up to this many seconds of it are not film. */
const longestPriming = 0.2;

/** Which of its tracks a decoder found that it can decode, and hear, and why not others; each a sentence. */
export interface Tracks {
  picture: StreamDescription | undefined;
  sound: StreamDescription | undefined;
  notices: string[];
}

/**
 * Plans the decoding of the tracks that were chosen. The film's start does not depend on what is asked for: it is
 * the earliest moment of picture or sound.
 */
export function planDecoding(
  file: FileDescription,
  request: DecodingRequest,
  { picture, sound, notices }: Tracks,
): DecodingPlan {
  const start = filmStart(file, request);
  const wantsPicture = request.gray || wantsColor(request);
  const { looks } = request;
  return {
    start,
    duration: file.duration,
    timecode: file.timecode,
    notices,
    picture:
      wantsPicture && picture
        ? {
            ...planPicture(file, picture, request),
            ...(looks && {
              look: planLook(planPicture(file, picture, { ...looks, margins: noMargins, crop: 0 })),
            }),
          }
        : undefined,
    sound:
      request.sound && sound
        ? {
            index: sound.index,
            choice: describeChoice(file, sound),
            start: Math.max(0, sound.start - start) || 0,
            duration: sound.duration,
            filter: soundFilter,
          }
        : undefined,
  };
}

function filmStart(file: FileDescription, request: DecodingRequest): number {
  // there the system's ffmpeg sets the clock to 0 at the first moment of any stream
  if (formatsWithResets.includes(file.format)) return file.start;
  const [picture] = candidates(file, 'video', request.videoTrack);
  const [sound] = candidates(file, 'audio', request.audioTrack);
  const starts = [picture, sound].flatMap((stream) =>
    stream && Number.isFinite(stream.start) ? stream.start : [],
  );
  if (starts.length === 0) return file.start;
  const earliest = Math.min(...starts);
  return earliest < 0 && earliest > -longestPriming ? Math.min(0, picture?.start || 0) : earliest;
}

export function isOversized({ width, height }: StreamDescription): boolean {
  return width * height > maximumPixels;
}

function planLook({ width, height, grayFilter }: PicturePlan): PicturePlan['look'] {
  return { width, height, filter: grayFilter };
}

function planPicture(
  file: FileDescription,
  stream: StreamDescription,
  { shortSide, margins, crop }: Pick<DecodingRequest, 'shortSide' | 'margins' | 'crop'>,
): PicturePlan {
  if (isOversized(stream)) {
    throw new Error(
      `its picture is ${stream.width}×${stream.height}; at most ${maximumPixels} pixels are decoded`,
    );
  }
  const turn = uprightTurn(stream.displayMatrix);
  const aspect = stream.pixelAspect > 1 / 16 && stream.pixelAspect < 16 ? stream.pixelAspect : 1;
  // A broken header may leave the size to be found out by the decoder: a guess keeps the film readable.
  const stored = { width: (stream.width || 4) * aspect, height: stream.height || 3 };
  const shown = turn.sideways ? { width: stored.height, height: stored.width } : stored;
  const shares = { width: 1 - margins.left - margins.right, height: 1 - margins.top - margins.bottom };
  // what is left between the margins is scaled; the filters scale all of it, and cut away the margins afterwards
  const scale = shortSide / Math.min(shown.width * shares.width, shown.height * shares.height);
  const side = (length: number) =>
    Math.min(maximumAspect * shortSide, Math.max(shortSide, Math.round(length * scale)));
  const [width, height] = [side(shown.width * shares.width), side(shown.height * shares.height)];
  const whole = { width: Math.round(width / shares.width), height: Math.round(height / shares.height) };
  const asStored = ({ width, height }: typeof whole) =>
    turn.sideways ? { width: height, height: width } : { width, height };
  const isCut = width !== whole.width || height !== whole.height;
  const [x, y] = [Math.round(margins.left * whole.width), Math.round(margins.top * whole.height)];

  const shape = (format: string) =>
    [
      ...scaleAndColor(stream, asStored(shares), asStored(whole), format),
      ...turn.filters,
      ...(isCut
        ? [
            `crop=${width}:${height}:${Math.min(x, whole.width - width)}:${Math.min(y, whole.height - height)}`,
          ]
        : []),
      ...(crop ? [`crop=${crop}:${crop}`] : []),
    ].join(',');
  return {
    index: stream.index,
    choice: describeChoice(file, stream),
    width: crop || width,
    height: crop || height,
    frameRate: stream.frameRate,
    duration: stream.duration,
    grayFilter: shape('gray'),
    rgbFilter: shape('rgb24'),
  };
}

/**
 * The filters that put a picture upright, from its display matrix (ISO/IEC 14496-12, 8.3.2): a rotation by
 * right angles, possibly mirrored.
 */
function uprightTurn(matrix: readonly number[] | undefined): { filters: string[]; sideways: boolean } {
  const [a = 1, b = 0, , c = 0, d = 1] = matrix ?? [];
  const clockwise = (Math.round(Math.atan2(b, a) / (Math.PI / 2)) + 4) % 4;
  switch (clockwise) {
    case 1:
      return { filters: [`transpose=${c > 0 ? 'cclock_flip' : 'clock'}`], sideways: true };
    case 2:
      return { filters: d < 0 ? ['hflip', 'vflip'] : ['hflip'], sideways: false };
    case 3:
      return { filters: [`transpose=${c < 0 ? 'clock_flip' : 'cclock'}`], sideways: true };
    default:
      return { filters: d < 0 ? ['vflip'] : [], sideways: false };
  }
}
