/*
 * Opening a file with FFmpeg's libraries, and what they say of it.
 */

import {
  AV_DISPOSITION_ATTACHED_PIC,
  AV_DISPOSITION_DEFAULT,
  AV_NOPTS_VALUE,
  AV_PKT_DATA_DISPLAYMATRIX,
  AVCOL_SPC_UNSPECIFIED,
  AVCOL_TRC_ARIB_STD_B67,
  AVCOL_TRC_SMPTE2084,
  AVMEDIA_TYPE_AUDIO,
  AVMEDIA_TYPE_VIDEO,
} from 'node-av/constants';
import { avGetCodecName, FFmpegError, FormatContext, type Rational, type Stream } from 'node-av/lib';
import { type FileDescription, type StreamDescription, timecodeIn } from './description.ts';
import { acceptedFormats, notAccepted } from './plan.ts';

const microseconds = 1e6;
export const known = (timestamp: bigint): boolean => timestamp !== AV_NOPTS_VALUE;
const ratio = ({ num, den }: { num: number; den: number }) => (num > 0 && den > 0 ? num / den : 0);
export const seconds = (timestamp: bigint, timeBase: Rational): number =>
  known(timestamp) ? (Number(timestamp) * timeBase.num) / timeBase.den : Number.NaN;

/** A sample said to lie beyond the end of a damaged file looks like the file's end; there may be more to read. */
export const maximumEnds = 10;

export function open(path: string): FormatContext {
  const file = new FormatContext();
  // Options are set on the contexts: a dictionary given to a codec is freed twice (node-av 6.1.1).
  file.allocContext();
  FFmpegError.throwIfError(file.setOption('protocol_whitelist', 'file'));
  FFmpegError.throwIfError(file.setOption('format_whitelist', acceptedFormats.join(',')));
  const opened = file.openInputSync(`file:${path}`, null, null);
  if (opened < 0) throw notAccepted(describeStatus(opened));
  const informed = file.findStreamInfoSync(null);
  if (informed < 0) throw notAccepted(describeStatus(informed));
  return file;
}

export function describe(file: FormatContext, streams: Stream[]): FileDescription {
  return {
    format: file.iformat?.name ?? '',
    start: known(file.startTime) ? Number(file.startTime) / microseconds : 0,
    duration: known(file.duration) ? Math.max(0, Number(file.duration) / microseconds) : 0,
    timecode: timecodeIn([file, ...streams].map(({ metadata }) => metadata?.get('timecode'))),
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
    kind: codecpar.codecType === AVMEDIA_TYPE_VIDEO ? 'video' : 'audio',
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
    sampleRate: codecpar.sampleRate,
    transfer: transfers.get(codecpar.colorTrc) ?? 'sdr',
    matrixTagged: codecpar.colorSpace !== AVCOL_SPC_UNSPECIFIED,
    start: seconds(stream.startTime, stream.timeBase),
    duration: Math.max(0, seconds(stream.duration, stream.timeBase)) || 0,
  };
}

export function describeStatus(status: number): string {
  return new FFmpegError(status).message;
}
