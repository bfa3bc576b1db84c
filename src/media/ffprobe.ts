import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { ACCEPTED_FORMATS, type FileDescription, notAccepted, type StreamDescription } from './plan.ts';
import { UnavailableError } from './source.ts';

/** Options that keep ffmpeg and ffprobe from reading anything but the one local file. */
export const INPUT_LIMITS: readonly string[] = [
  '-protocol_whitelist',
  'file',
  '-format_whitelist',
  ACCEPTED_FORMATS.join(','),
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
  disposition?: { default?: number; attached_pic?: number };
  side_data_list?: { displaymatrix?: string }[];
}

interface Probed {
  format: { format_name: string; duration?: string; start_time?: string };
  streams: ProbedStream[];
}

export interface ProbedFile extends FileDescription {
  /** The demuxer's name. */
  format: string;
}

/** What the system's ffprobe says about a file, in the words of node-av's demuxer. */
export async function probe(path: string): Promise<ProbedFile> {
  const options = [
    '-v',
    'error',
    ...INPUT_LIMITS,
    '-show_format',
    '-show_streams',
    '-of',
    'json',
    `file:${path}`,
  ];
  const { stdout } = await promisify(execFile)('ffprobe', options, {
    maxBuffer: 2 ** 26,
    timeout: 60_000,
  }).catch((error: NodeJS.ErrnoException & { stderr?: string }) => {
    if (error.code === 'ENOENT') throw new UnavailableError('ffmpeg and ffprobe are not installed');
    throw notAccepted(lastLine(error.stderr ?? '', path) || error.message);
  });
  const { format, streams } = JSON.parse(stdout) as Probed;
  return {
    format: format.format_name,
    duration: Math.max(0, Number(format.duration ?? 0)),
    start: Number(format.start_time ?? 0) || 0,
    streams: streams.filter(isDecodable).map(describeStream),
  };
}

function isDecodable({ codec_type, codec_name }: ProbedStream): boolean {
  return (
    (codec_type === 'video' || codec_type === 'audio') && codec_name !== undefined && codec_name !== 'unknown'
  );
}

function describeStream(stream: ProbedStream): StreamDescription {
  const matrix = stream.side_data_list?.find(({ displaymatrix }) => displaymatrix)?.displaymatrix;
  return {
    index: stream.index,
    kind: stream.codec_type === 'video' ? 'picture' : 'sound',
    cover: stream.disposition?.attached_pic === 1,
    preferred: stream.disposition?.default === 1,
    width: stream.width ?? 0,
    height: stream.height ?? 0,
    pixelAspect: ratio(stream.sample_aspect_ratio),
    displayMatrix: matrix ? numbers(matrix) : undefined,
    frameRate: ratio(stream.avg_frame_rate) || ratio(stream.r_frame_rate),
    start: Number(stream.start_time ?? 0) || 0,
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
  return line.replace(`file:${path}: `, '').replace(/^\[([^\]]*?) @ 0x[0-9a-f]+\] /, '$1: ');
}
