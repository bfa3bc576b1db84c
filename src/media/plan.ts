import { SAMPLE_RATE } from './types.ts';

/** Demuxers of FFmpeg that read one local file and nothing it refers to. Playlists and scripts (hls, dash, concat, image2 …) are not among them. */
export const ACCEPTED_FORMATS: readonly string[] =
  'mov matroska avi mpegts mpeg mpegvideo ogg flv asf mxf nut rm dv wtv m4v h264 hevc obu ivf wav w64 aiff caf mp3 aac flac amr ac3 eac3 dts'.split(
    ' ',
  );

/** Why a file that no accepted demuxer takes is refused. */
export function notAccepted(reason: string): Error {
  return new Error(
    `it is not video or sound in a format that is read here, such as MP4, MOV, Matroska, WebM, AVI, MPEG, Ogg, WAV or MP3 (${reason})`,
  );
}

/** A picture may have this many pixels (8192 × 8192); above, a few frames would fill the memory. */
export const MAXIMUM_PIXELS = 67_108_864;

/** The long side of a scaled frame is at most this many times its short side; a longer one is squeezed. */
const MAXIMUM_ASPECT = 8;

/** A stream as a demuxer describes it; what does not apply to its kind is 0. */
export interface StreamDescription {
  index: number;
  kind: 'picture' | 'sound';
  /** A cover picture, not film. */
  cover: boolean;
  /** Flagged by the file as the one to play. */
  preferred: boolean;
  width: number;
  height: number;
  /** Width over height of one pixel; 0 if unknown. */
  pixelAspect: number;
  /** The nine numbers of the display matrix, if the file has one. */
  displayMatrix?: readonly number[] | undefined;
  frameRate: number;
  /** The first moment on the file's clock, in seconds; 0 if unknown. */
  start: number;
  /** Seconds; 0 if unknown. */
  duration: number;
}

export interface FileDescription {
  /** The first moment of any stream on the file's clock, in seconds; 0 if unknown. */
  start: number;
  /** Seconds; 0 if unknown. */
  duration: number;
  streams: StreamDescription[];
}

/** What is asked of a decoder. */
export interface Request {
  shortSide: number;
  crop: number;
  gray: boolean;
  rgbEvery: number;
  sound: boolean;
  threads: number;
}

export interface PicturePlan {
  index: number;
  /** Of the frames given. */
  width: number;
  height: number;
  frameRate: number;
  duration: number;
  grayFilter: string;
  rgbFilter: string;
}

export interface SoundPlan {
  index: number;
  duration: number;
  filter: string;
}

/** Which streams are decoded, and how: the same for either decoder. */
export interface Plan {
  /** The film's first moment on the file's clock, in seconds. */
  start: number;
  duration: number;
  picture?: PicturePlan | undefined;
  sound?: SoundPlan | undefined;
}

/** Mono as the mean of the channels, not their sum: `rematrix_maxval` keeps loud surround sound within [-1, 1]. */
const SOUND_FILTER = `aresample=${SAMPLE_RATE}:rematrix_maxval=1.0,aformat=sample_fmts=flt:channel_layouts=mono`;

export function planDecoding(file: FileDescription, request: Request): Plan {
  const pictures = file.streams.filter((stream) => stream.kind === 'picture' && !stream.cover);
  const sounds = file.streams.filter((stream) => stream.kind === 'sound');
  const wantsPicture = request.gray || request.rgbEvery > 0;
  const picture = wantsPicture ? preferred(pictures) : undefined;
  const sound = request.sound ? preferred(sounds) : undefined;
  return {
    // Before 0 there may be sound that only sets up its codec: the film starts with its picture then.
    start: file.start >= 0 ? file.start : Math.min(0, (picture ?? sound)?.start ?? 0),
    duration: file.duration,
    picture: picture && planPicture(picture, request),
    sound: sound && { index: sound.index, duration: sound.duration, filter: SOUND_FILTER },
  };
}

function preferred(streams: StreamDescription[]): StreamDescription | undefined {
  const pixels = ({ width, height }: StreamDescription) => width * height;
  return streams.sort((a, b) => Number(b.preferred) - Number(a.preferred) || pixels(b) - pixels(a))[0];
}

function planPicture(stream: StreamDescription, request: Request): PicturePlan {
  const { shortSide, crop } = request;
  if (stream.width * stream.height > MAXIMUM_PIXELS) {
    throw new Error(
      `its picture is ${stream.width}×${stream.height}; at most ${MAXIMUM_PIXELS} pixels are decoded`,
    );
  }
  const turn = uprightTurn(stream.displayMatrix);
  const aspect = stream.pixelAspect > 1 / 16 && stream.pixelAspect < 16 ? stream.pixelAspect : 1;
  // A broken header may leave the size to be found out by the decoder: a guess keeps the film readable.
  const shownWidth = (stream.width || 4) * aspect;
  const shownHeight = stream.height || 3;
  const scale = shortSide / Math.min(shownWidth, shownHeight);
  const side = (length: number) =>
    Math.min(MAXIMUM_ASPECT * shortSide, Math.max(shortSide, Math.round(length * scale)));
  const [scaledWidth, scaledHeight] = [side(shownWidth), side(shownHeight)];

  const shape = (format: string) =>
    [
      `scale=${scaledWidth}:${scaledHeight}:flags=bilinear`,
      `format=${format}`,
      ...turn.filters,
      ...(crop ? [`crop=${crop}:${crop}`] : []),
    ].join(',');
  const [width, height] = turn.sideways ? [scaledHeight, scaledWidth] : [scaledWidth, scaledHeight];
  return {
    index: stream.index,
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
