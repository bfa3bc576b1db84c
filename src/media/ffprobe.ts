import type { Readable } from 'node:stream';
import { type FileDescription, type StreamDescription, timecodeIn } from './description.ts';
import { probeLimits } from './limits.ts';
import { whenHung } from './patience.ts';
import { acceptedFormats, notAccepted } from './plan.ts';
import { commandNotFound, startChild } from './process.ts';
import { UnavailableError } from './source.ts';

/** Options that keep ffmpeg and ffprobe from reading anything but the one local file. */
export const inputLimits: readonly string[] = [
  '-protocol_whitelist',
  'file',
  '-format_whitelist',
  acceptedFormats.join(','),
];

/** The part of ffprobe's JSON that is used. */
interface ProbedStream {
  index: number;
  codec_type?: string;
  codec_name?: string;
  width?: number;
  height?: number;
  sample_aspect_ratio?: string;
  avg_frame_rate?: string;
  r_frame_rate?: string;
  start_time?: string;
  duration?: string;
  nb_frames?: string;
  sample_rate?: string;
  color_transfer?: string;
  color_space?: string;
  disposition?: { default?: number; attached_pic?: number };
  tags?: { timecode?: string };
  side_data_list?: { displaymatrix?: string }[];
}

interface Probed {
  format: { format_name: string; duration?: string; start_time?: string; tags?: { timecode?: string } };
  streams: ProbedStream[];
}

/** A description of a file is never longer than this many bytes. */
const longestDescription = 2 ** 26;

/**
 * What the system's ffprobe says about a file, in the words of node-av's demuxer.
 *
 * @param signal ends ffprobe.
 */
export async function probe(path: string, signal?: AbortSignal): Promise<FileDescription> {
  const options = ['-v', 'error', ...inputLimits, '-show_format', '-show_streams', '-of', 'json'];
  const child = startChild('ffprobe', [...options, `file:${path}`], {
    descriptors: ['ignore', 'pipe', 'pipe'],
    limits: probeLimits,
    signal,
  });
  const done = whenHung(child.pid, child.kill);
  try {
    const [stdout, complaints, how] = await Promise.all([
      said(child.pipes[1] as Readable),
      said(child.pipes[2] as Readable),
      child.exit,
    ]);
    if (how === commandNotFound || how.includes('ENOENT'))
      throw new UnavailableError('ffmpeg and ffprobe are not installed');
    if (how !== 'exit code 0') throw notAccepted(lastLine(complaints, path) || `ffprobe ended: ${how}`);
    return describe(JSON.parse(stdout) as Probed);
  } finally {
    done();
    await child.close();
  }
}

export async function said(stream: Readable): Promise<string> {
  let text = '';
  for await (const part of stream.setEncoding('utf8')) {
    text += part;
    if (text.length > longestDescription) throw notAccepted('its description has no end');
  }
  return text;
}

function describe({ format, streams }: Probed): FileDescription {
  return {
    format: format.format_name,
    duration: Math.max(0, Number(format.duration ?? 0)),
    start: Number(format.start_time ?? 0) || 0,
    timecode: timecodeIn([format, ...streams].map(({ tags }) => tags?.timecode)),
    streams: streams.filter(isPictureOrSound).map(describeStream),
  };
}

function isPictureOrSound({ codec_type }: ProbedStream): boolean {
  return codec_type === 'video' || codec_type === 'audio';
}

const transfers: Record<string, StreamDescription['transfer']> = { smpte2084: 'pq', 'arib-std-b67': 'hlg' };

function describeStream(stream: ProbedStream): StreamDescription {
  const matrix = stream.side_data_list?.find(({ displaymatrix }) => displaymatrix)?.displaymatrix;
  return {
    index: stream.index,
    kind: stream.codec_type === 'video' ? 'video' : 'audio',
    codec: stream.codec_name ?? 'unknown',
    cover: stream.disposition?.attached_pic === 1,
    preferred: stream.disposition?.default === 1,
    width: stream.width ?? 0,
    height: stream.height ?? 0,
    pixelAspect: ratio(stream.sample_aspect_ratio),
    displayMatrix: matrix ? numbers(matrix) : undefined,
    frameRate: ratio(stream.avg_frame_rate) || ratio(stream.r_frame_rate),
    frames: Number(stream.nb_frames ?? 0) || 0,
    sampleRate: Number(stream.sample_rate ?? 0) || 0,
    transfer: transfers[stream.color_transfer ?? ''] ?? 'sdr',
    matrixTagged: stream.color_space !== undefined && stream.color_space !== 'unknown',
    start: Number(stream.start_time ?? Number.NaN),
    duration: Math.max(0, Number(stream.duration ?? 0)) || 0,
  };
}

/** "30000/1001" or "4:3" as a number; 0 if it is none. */
function ratio(text = ''): number {
  const [numerator = 0, denominator = 0] = text.split(/[/:]/).map(Number);
  return numerator > 0 && denominator > 0 ? numerator / denominator : 0;
}

/** "00000000: 0 65536 0\n00000001: …" → the nine numbers. */
function numbers(matrix: string): number[] {
  return [...matrix.matchAll(/^\d+:(.*)$/gm)].flatMap(([, row]) => row!.trim().split(/\s+/).map(Number));
}

/** The last thing a program of FFmpeg's says, without the path and addresses. */
export function lastLine(output: string, path: string): string {
  const line = output.trim().split('\n').at(-1) ?? '';
  return line
    .replace(`file:${path}: `, '')
    .replace(/^\[([^\]]*?) @ 0x[0-9a-f]+\] /, '$1: ')
    .replace(/\[(error|fatal|panic)\] /, '');
}
