import { setImmediate, setTimeout } from 'node:timers/promises';
import { AV_FRAME_FLAG_CORRUPT, AV_LOG_ERROR, AVDISCARD_ALL, AVERROR_EOF } from 'node-av/constants';
import { type Frame, Log, Packet, type Rational } from 'node-av/lib';
import { ColorFrames } from './color-frames.ts';
import { Complaints } from './complaints.ts';
import { Discontinuities } from './discontinuities.ts';
import { chooseTracks } from './node-av-choice.ts';
import { describe, describeStatus, known, maximumEnds, open, seconds } from './node-av-file.ts';
import { FrameFilter } from './node-av-filter.ts';
import { DecodedTrack, maximumFailures, type Output, withKnownLayout } from './node-av-track.ts';
import { type DecodingPlan, type DecodingRequest, planDecoding, wantsColor } from './plan.ts';
import { StretchCollector } from './sound-stretches.ts';
import { SparseFrames } from './sparse-frames.ts';

/** What decoding tells as it goes. Times are seconds from the film's start, NaN where the file gives none. */
export interface Listener {
  plan(plan: DecodingPlan): void;
  /** @param damaged whether it was made of what was left of damaged data. */
  picture(time: number, gray: Uint8Array, rgb: Uint8Array, damaged: boolean): void;
  look(time: number, gray: Uint8Array): void;
  /** What `stretchesOf` parts. */
  sound(samples: Uint8Array, heads: Uint8Array): void;
  problem(message: string): void;
  packetRead(): void;
}

/** Node frees what native objects leave behind only when the event loop turns. */
const packetsBetweenPauses = 256;

/** Complaints arrive from another thread, in their order; this one, of our own, is the last. */
const lastComplaint = 'affectline: the end';

/** If it never arrives, nothing is waited for longer. */
const lastComplaintMilliseconds = 10_000;

const nothing = new Uint8Array(0);

/**
 * Decodes a file from start to end.
 *
 * Reads with `av_read_frame` and drives the codecs by send and receive, because node-av's own demuxer and decoder
 * take read errors for the end, drop damaged frames, and "repair" timestamps that are right.
 *
 * @throws Error saying why the file cannot be opened.
 */
export async function decode(path: string, request: DecodingRequest, listener: Listener): Promise<void> {
  const complaints = new Complaints();
  const complain = (message: string) => {
    const text = complaints.novel(message);
    if (text) listener.problem(text);
  };
  Log.setLevel(AV_LOG_ERROR);
  const waiting = new AbortController();
  const hear = (message: string) => (message.includes(lastComplaint) ? waiting.abort() : complain(message));
  Log.setCallback((_level, message) => hear(message), { maxLevel: AV_LOG_ERROR });
  const file = open(path);
  const streams = file.streams;
  const description = describe(file, streams);
  const chosen = chooseTracks(path, description, streams, request);
  const plan = planDecoding(description, request, chosen);

  const tracks = new Map<number, DecodedTrack>();
  const follow = (index: number | undefined, make: () => Output) => {
    const stream = streams.find((candidate) => candidate.index === index);
    if (stream) tracks.set(stream.index, new DecodedTrack(stream, plan.start, make(), request, complain));
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
  for (let failures = 0; failures < maximumFailures && ends < maximumEnds; ) {
    listener.packetRead();
    packets += 1;
    if (packets % packetsBetweenPauses === 0) await setImmediate();
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
  Log.log(AV_LOG_ERROR, lastComplaint);
  await setTimeout(lastComplaintMilliseconds, undefined, { signal: waiting.signal }).catch(() => {});
}

function pictureOutput({ picture }: DecodingPlan, request: DecodingRequest, listener: Listener): Output {
  const toGray = request.gray ? new FrameFilter(picture!.grayFilter, { threads: 1 }) : undefined;
  const toRgb = wantsColor(request) ? new FrameFilter(picture!.rgbFilter, { threads: 1 }) : undefined;
  const toLook = picture!.look ? new FrameFilter(picture!.look.filter, { threads: 1 }) : undefined;
  const color = new ColorFrames(request);
  const sparse = new SparseFrames(request.framePeriod);
  const looks = new SparseFrames(request.looks?.framePeriod ?? 0);
  return (frame, time) => {
    if (!frame) {
      toGray?.close();
      toRgb?.close();
      toLook?.close();
      return;
    }
    const look = toLook && looks.wants(time) ? pixels(toLook, frame) : undefined;
    if (look) listener.look(time, look);
    if (!sparse.wants(time)) return;
    const grayPixels = toGray ? pixels(toGray, frame) : nothing;
    if (!grayPixels) return;
    const rgbPixels = color.wants(time) && toRgb ? pixels(toRgb, frame) : nothing;
    if (!rgbPixels) return;
    const damaged = frame.decodeErrorFlags !== 0 || (frame.flags & AV_FRAME_FLAG_CORRUPT) !== 0;
    listener.picture(time, grayPixels, rgbPixels, damaged);
  };
}

/** The one picture that a filter makes of one frame. */
function pixels(filter: FrameFilter, frame: Frame): Uint8Array | undefined {
  const [scaled] = filter.process(frame);
  const bytes = scaled?.toBuffer();
  scaled?.free();
  return bytes;
}

function soundOutput(description: string, listener: Listener): Output {
  const filter = new FrameFilter(description);
  const collector = new StretchCollector(listener.sound);
  const give = (resampled: Frame, offset: number) => {
    const time = seconds(resampled.pts, resampled.timeBase) + offset;
    collector.push({ time, samples: resampled.toBuffer() });
    resampled.free();
  };
  let offset = 0;
  return (frame, time) => {
    if (frame) {
      offset = time - seconds(frame.pts, frame.timeBase);
      for (const resampled of filter.process(withKnownLayout(frame))) give(resampled, offset);
    } else {
      for (const resampled of filter.flush()) give(resampled, offset);
      collector.flush();
      filter.close();
    }
  };
}

/** Moves a packet in time by whole ticks of its clock. */
function shifted(packet: Packet, shift: number, { num, den }: Rational): Packet {
  const ticks = BigInt(Math.round((shift * den) / num));
  if (ticks !== 0n && known(packet.pts)) packet.pts += ticks;
  if (ticks !== 0n && known(packet.dts)) packet.dts += ticks;
  return packet;
}
