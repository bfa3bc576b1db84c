import type { Readable } from 'node:stream';
import { sampleRate } from '../support/sound.ts';
import { ColorFrames } from './color-frames.ts';
import { Complaints } from './complaints.ts';
import { formatsWithResets } from './discontinuities.ts';
import { chooseTracks } from './ffmpeg-tracks.ts';
import { inputLimits, lastLine, probe } from './ffprobe.ts';
import { Inbox, type Pipe } from './inbox.ts';
import { decodingLimits, threadsFor } from './limits.ts';
import {
  type DecodingPlan,
  type DecodingRequest,
  maximumPixels,
  type PicturePlan,
  planDecoding,
  type SoundPlan,
  wantsColor,
} from './plan.ts';
import { startChild } from './process.ts';
import type { Opening, Source, SourceItem } from './source.ts';

/** The descriptors ffmpeg writes to; 2 is its standard error. */
const [GRAY, COMPLAINTS, RGB, TIMES, SOUND, SOUND_TIMES] = [1, 2, 3, 4, 5, 6] as const;

const microseconds = 1_000_000;

/** Two floats: the mean of the channels, and their difference. */
const pairBytes = 8;

/** Of a decoded picture, as far as is known before: 10 bits, 4:2:2. */
const bytesPerPixel = 4;

/** Starts the system's ffmpeg on a file. */
export async function openFfmpeg(
  path: string,
  request: DecodingRequest,
  { bytes, signal }: Opening,
): Promise<Source> {
  const file = await probe(path, signal);
  const plan = planDecoding(file, request, await chooseTracks(path, file, request, signal));
  if (!plan.picture && !plan.sound) throw new Error('it holds neither picture nor sound');
  // Where it need not, ffmpeg's repair of the clock does harm (a joined-up Ogg of 8 s becomes 102 s long).
  const repairsClock = formatsWithResets.includes(file.format);
  const pixels = Math.max(...file.streams.map(({ width, height }) => width * height));
  const threads = threadsFor(bytesPerPixel * pixels, request.threads);
  const child = startChild('ffmpeg', commandLine(path, plan, request, repairsClock, threads), {
    descriptors: ['ignore', 'pipe', 'pipe', 'pipe', 'pipe', 'pipe', 'pipe'],
    limits: decodingLimits(plan.duration, bytes),
    signal,
  });
  const streams = child.pipes.slice(1) as Readable[];
  const inbox = new Inbox(streams, child);
  return {
    decoder: 'ffmpeg',
    plan,
    pid: child.pid,
    items: items(path, plan, request, repairsClock ? 0 : plan.start, inbox, child.exit),
    async close() {
      child.kill();
      for (const stream of streams) stream.destroy();
      await child.exit;
    },
  };
}

function commandLine(
  path: string,
  plan: DecodingPlan,
  request: DecodingRequest,
  repairsClock: boolean,
  threads: number,
): string[] {
  const { picture, sound } = plan;
  return [
    ...['-v', 'repeat+level+warning', '-nostdin', '-noautorotate'],
    ...(repairsClock ? [] : ['-copyts']),
    ...['-threads', `${threads}`, '-max_pixels', `${maximumPixels}`],
    ...(request.keyFramesOnly ? ['-skip_frame:v', 'nokey'] : []),
    ...[...inputLimits, '-i', `file:${path}`],
    ...(picture ? pictureOutputs(picture, request) : []),
    ...(sound ? soundOutputs(sound) : []),
  ];
}

/**
 * Every frame as gray and as RGB, each over a pipe of its own, and a line with its time over a third.
 * (All frames in RGB, because a filter's count of frames starts anew when the picture's size changes.)
 */
function pictureOutputs(picture: PicturePlan, { gray, ...request }: DecodingRequest): string[] {
  const branches = [
    ...(gray ? [{ filter: picture.grayFilter, pipe: GRAY }] : []),
    ...(wantsColor(request) ? [{ filter: picture.rgbFilter, pipe: RGB }] : []),
  ];
  const print = `settb=1/${microseconds},metadata=add:key=x:value=1,metadata=print:direct=1:file=pipe\\\\:${TIMES}`;
  const split = `[0:${picture.index}]${print},split=${branches.length}`;
  const graph = [
    split + branches.map(({ pipe }) => `[in${pipe}]`).join(''),
    ...branches.map(({ filter, pipe }) => `[in${pipe}]${filter}[out${pipe}]`),
  ].join(';');
  const raw = ['-fps_mode', 'passthrough', '-flush_packets', '1', '-f', 'rawvideo'];
  return [
    ...['-filter_complex', graph],
    ...branches.flatMap(({ pipe }) => ['-map', `[out${pipe}]`, ...raw, `pipe:${pipe}`]),
  ];
}

/** The samples over one pipe, and over another a line for each run of them: `stream, dts, pts, samples, bytes, checksum`. */
function soundOutputs(sound: SoundPlan): string[] {
  const clock = 'asetpts=N'; // raw samples have no times; out of order they would be complained about
  const graph = `[0:${sound.index}]${sound.filter},asplit[untimed][times];[untimed]${clock}[samples]`;
  return [
    ...['-filter_complex', graph],
    ...['-map', '[samples]', '-flush_packets', '1', '-f', 'f32le', `pipe:${SOUND}`],
    ...[
      '-map',
      '[times]',
      '-c:a',
      'pcm_f32le',
      '-flush_packets',
      '1',
      '-f',
      'framecrc',
      `pipe:${SOUND_TIMES}`,
    ],
  ];
}

async function* items(
  path: string,
  plan: DecodingPlan,
  request: DecodingRequest,
  start: number,
  inbox: Inbox,
  exit: Promise<string>,
): AsyncGenerator<SourceItem, void, undefined> {
  const pipe = (descriptor: number) => inbox.pipe(descriptor - 1);
  let given = 0;
  const complaints: string[] = [];
  const kinds = new Complaints();
  const pictures = plan.picture ? new Pictures(plan.picture, request, start, pipe) : undefined;
  const sounds = plan.sound ? new Sounds(start, pipe) : undefined;
  do {
    for (const item of [...(pictures?.arrived() ?? []), ...(sounds?.arrived() ?? [])]) {
      inbox.pause();
      yield item;
      given += 1;
    }
    for (const line of pipe(COMPLAINTS).takeLines()) {
      if (/corrupt decoded frame/.test(line)) pictures?.damage(line);
      if (!/\[(error|fatal|panic)\]/.test(line)) continue;
      const message = kinds.novel(lastLine(line, path));
      if (message === undefined) continue;
      complaints.splice(10, 1, message);
      yield { kind: 'problem', message };
    }
  } while (await inbox.more());

  const how = await exit;
  if (inbox.failure) throw new Error(inbox.failure);
  const crashed = how.startsWith('SIG');
  if (crashed || given === 0)
    throw new Error(crashed ? `ffmpeg crashed on it (${how})` : complaints.join('; '));
}

type PipeOf = (descriptor: number) => Pipe;

/** Puts together what belongs to one frame. */
class Pictures {
  private readonly bytes: number;
  private readonly request: DecodingRequest;
  private readonly start: number;
  private readonly pipe: PipeOf;
  private times: number[] = [];
  private readonly chosen: ColorFrames;
  private readonly stream: number;
  /** Frames said to be made of damaged data, and not yet given. */
  private damaged = 0;

  constructor({ index, width, height }: PicturePlan, request: DecodingRequest, start: number, pipe: PipeOf) {
    this.stream = index;
    this.bytes = width * height;
    this.request = request;
    this.chosen = new ColorFrames(request);
    this.start = start;
    this.pipe = pipe;
  }

  /** @param complaint "corrupt decoded frame in stream 0", or since FFmpeg 7 "[vist#0:0/h264 …] corrupt decoded frame". */
  damage(complaint: string): void {
    const [, stream] = / in stream (\d+)|vist#\d+:(\d+)/.exec(complaint)?.filter(Boolean) ?? [];
    if (Number(stream) === this.stream) this.damaged += 1;
  }

  *arrived(): Generator<SourceItem> {
    const gray = this.pipe(GRAY);
    const color = this.pipe(RGB);
    const grayBytes = this.request.gray ? this.bytes : 0;
    const rgbBytes = wantsColor(this.request) ? 3 * this.bytes : 0;
    for (const line of this.pipe(TIMES).takeLines()) {
      const [, time] = / pts:(\S+)/.exec(line) ?? [];
      if (time) this.times.push(Number(time) / microseconds - this.start);
    }
    while (this.times.length > 0 && gray.available >= grayBytes && color.available >= rgbBytes) {
      const pixels = gray.take(grayBytes);
      const colors = color.take(rgbBytes);
      const time = this.times.shift()!;
      const damaged = this.damaged > 0;
      if (damaged) this.damaged -= 1;
      const rgb = this.chosen.wants(time) ? colors : undefined;
      yield { kind: 'video', time, gray: pixels, rgb, damaged };
    }
  }
}

/** Puts together a run of samples and its time. */
class Sounds {
  private readonly start: number;
  private readonly pipe: PipeOf;
  private runs: { time: number; samples: number }[] = [];

  constructor(start: number, pipe: PipeOf) {
    this.start = start;
    this.pipe = pipe;
  }

  *arrived(): Generator<SourceItem> {
    for (const line of this.pipe(SOUND_TIMES).takeLines()) {
      if (line.startsWith('#')) continue;
      const [, , timestamp, samples] = line.split(',').map(Number);
      this.runs.push({ time: timestamp! / sampleRate - this.start, samples: samples! });
    }
    const sound = this.pipe(SOUND);
    for (let run = this.runs[0]; run && sound.available >= pairBytes * run.samples; run = this.runs[0]) {
      this.runs.shift();
      yield {
        kind: 'audio',
        stretches: [
          { time: run.time, samples: new Float32Array(sound.take(pairBytes * run.samples).buffer) },
        ],
      };
    }
  }
}
