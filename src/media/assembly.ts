import { sampleRate } from '../support/sound.ts';
import type { Wholeness } from './container.ts';
import { Coverage } from './coverage.ts';
import { Downmix } from './downmix.ts';
import { OrderedFrames } from './ordered-frames.ts';
import { joined, type Stretch } from './sound-stretches.ts';
import type { Source, SourceItem } from './source.ts';
import { FrameClock, longestFilm, SoundTrack } from './timeline.ts';
import type { Looks, MediaInfo, MediaItem, MediaSummary } from './types.ts';

const maximumProblems = 20;
/** A file that lacks no more seconds of its sound than this is whole. */
const soundTolerance = 0.1;

type Picture = Extract<SourceItem, { kind: 'video' }>;

export function infoOf({ decoder, plan }: Source): MediaInfo {
  const { picture, sound } = plan;
  return {
    decoder,
    declaredDuration: plan.duration <= longestFilm ? plan.duration : 0,
    width: picture?.width ?? 0,
    height: picture?.height ?? 0,
    frameRate: picture?.frameRate ?? 0,
    ...(plan.timecode !== undefined && { startTimecode: plan.timecode }),
    hasPicture: picture !== undefined,
    hasSound: sound !== undefined,
    ...(picture && { videoTrack: picture.choice }),
    ...(sound && { audioTrack: sound.choice }),
  };
}

/**
 * Puts together what a decoder gives: frames in the order of time, sound without gaps from the film's start, and what
 * became of the whole. A decoder that breaks down after it has given something has damaged the film, no more.
 *
 * @throws Error when nothing could be decoded, or the signal's reason.
 */
export async function* assemble(
  source: Source,
  wholeness: Wholeness,
  {
    signal,
    onLook = () => {},
  }: { readonly signal: AbortSignal | undefined; readonly onLook: Looks['onLook'] | undefined },
): AsyncGenerator<MediaItem, MediaSummary, undefined> {
  const info = infoOf(source);
  const { plan } = source;
  const clock = () => new FrameClock(info.declaredDuration, info.frameRate);
  const coverage = new Coverage(info.frameRate);
  const { start = 0, duration = 0 } = plan.sound ?? {};
  const track = new SoundTrack(info.declaredDuration, start, duration > 0 ? start + duration : undefined);
  const downmix = new Downmix();
  const problems = new Set<string>();
  let frames = 0;
  let given = false;
  const shown = new OrderedFrames<Picture>(clock());
  const show = function* (next: Picture | undefined): Generator<MediaItem> {
    for (const {
      frame: { gray, rgb, damaged },
      time,
    } of shown.push(next)) {
      coverage.add(time, damaged);
      const frame = { index: frames++, time, width: info.width, height: info.height, gray };
      yield { kind: 'frame', frame: rgb ? { ...frame, rgb } : frame };
    }
  };
  // times of their own, as these frames have when they are decoded alone
  const looked = new OrderedFrames<Extract<SourceItem, { kind: 'look' }>>(clock());
  let looks = 0;
  const look = (next?: Extract<SourceItem, { kind: 'look' }>) => {
    const { width = 0, height = 0 } = plan.picture?.look ?? {};
    for (const { frame, time } of looked.push(next))
      onLook({ index: looks++, time, width, height, gray: frame.gray });
  };
  const sound = function* (stretches: Iterable<Float32Array>): Generator<MediaItem> {
    let start = track.length;
    for (const samples of joined(stretches, sampleRate)) {
      yield { kind: 'audio', chunk: { start, samples } };
      start += samples.length;
    }
  };

  const placed = function* (stretches: readonly Stretch[]): Generator<Float32Array> {
    for (const { time, samples } of stretches) yield* track.place(time, downmix.mix(samples));
  };

  try {
    for await (const item of source.items) {
      signal?.throwIfAborted();
      if (item.kind === 'problem') {
        if (problems.size < maximumProblems) problems.add(item.message);
        continue;
      }
      given = true;
      if (item.kind === 'audio') yield* sound(placed(item.stretches));
      else if (item.kind === 'look') look(item);
      else yield* show(item);
    }
  } catch (error) {
    signal?.throwIfAborted();
    if (!(error instanceof Error) || !given) throw error;
    problems.add(error.message);
  }
  yield* show(undefined);
  look();
  yield* sound(track.end());
  if (frames === 0 && track.length === 0)
    throw new Error([...problems, ...plan.notices].join('; ') || 'it holds neither picture nor sound');

  const { lostSound = 0 } = wholeness;
  const damage = problems.size > 0 || wholeness.cut || lostSound > soundTolerance;
  const seconds = Math.max(coverage.end, track.length / sampleRate);
  const whole = (declared = 0, decoded = 0) =>
    Math.max(declared <= longestFilm ? declared : 0, decoded / wholeness.share);
  const shares = [
    ...(plan.picture
      ? [coverage.share(whole(plan.picture.duration || info.declaredDuration, coverage.end), damage)]
      : []),
    ...(plan.sound ? [soundShare()] : []),
  ];
  function soundShare(): number {
    if (!damage || track.length === 0) return 1;
    const expected = whole(plan.sound?.duration || info.declaredDuration, track.length / sampleRate);
    return Math.min((track.length - track.holes) / sampleRate, expected - lostSound) / expected;
  }
  const share = Math.min(1, ...shares);
  return {
    ...info,
    decodedDuration: seconds,
    duration: share < 1 ? whole(info.declaredDuration, seconds) : seconds,
    coverage: share,
    frames,
    samples: track.length,
    problems: [...problems],
    notices: [...plan.notices, ...noticesOf(track, wholeness, share), ...downmix.notices()],
  };
}

function noticesOf(track: SoundTrack, { cut }: Wholeness, share: number): string[] {
  const notices: string[] = [];
  if (cut && share === 1)
    notices.push('the file ends in the middle of the film; how much is missing it does not say');
  if (track.unreliable > 0)
    notices.push('the times of its sound contradict each other: it was laid end to end where they do');
  return notices;
}
