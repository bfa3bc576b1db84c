import type { FilmAffect } from '../../affect/index.ts';

/** How frames are counted in timecodes (SMPTE ST 12-1). */
export interface FrameCount {
  /** Frames that a second of timecode has. */
  readonly nominal: number;
  /** Frames per second, exactly. */
  readonly rate: number;
  /** Whether numbers are left out so that timecode keeps up with time, as at 29.97 and 59.94. */
  readonly dropsFrames: boolean;
}

const ntsc = 1000 / 1001;
const standard: readonly FrameCount[] = [
  ...[24, 25, 30, 48, 50, 60].map((rate) => ({ nominal: rate, rate, dropsFrames: false })),
  ...[24, 30, 48, 60].map((rate) => ({ nominal: rate, rate: rate * ntsc, dropsFrames: rate % 30 === 0 })),
];

/** The standard count nearest to a rate; 25 where none is within 2 % of it. */
export function frameCountOf(rate: number | undefined): FrameCount {
  const distance = (count: FrameCount) => Math.abs(count.rate / (rate ?? 0) - 1);
  const nearest = standard.reduce((best, count) => (distance(count) < distance(best) ? count : best));
  return rate && distance(nearest) < 0.02 ? nearest : standard[1]!;
}

/** How frames of a film are counted, and the number of its first one: that of its own timecode where it has one. */
export function framesOf({ frameRate, startTimecode }: Pick<FilmAffect, 'frameRate' | 'startTimecode'>): {
  count: FrameCount;
  start: number;
} {
  const count = frameCountOf(frameRate);
  return { count, start: (startTimecode && frameOf(startTimecode, count)) || 0 };
}

/** Spans of time with their frames, from `first` until before `end`; those that last less than a frame are left out. */
export function inFrames<Span extends { from: number; to: number }>(
  spans: readonly Span[],
  count: FrameCount,
): (Span & { first: number; end: number })[] {
  return spans
    .map((span) => ({ ...span, first: frameAt(span.from, count), end: frameAt(span.to, count) }))
    .filter(({ first, end }) => end > first);
}

/** The number of the frame that is shown at a time. */
export function frameAt(seconds: number, { rate }: FrameCount): number {
  return Math.round(seconds * rate);
}

/** "01:00:00:00", or "01:00:00;00" where numbers are dropped; after 24 hours it begins anew. */
export function timecode(frame: number, { nominal, dropsFrames }: FrameCount): string {
  let number = frame;
  if (dropsFrames) {
    // the first two numbers (four at 60) of each minute that is no tenth one are left out
    const dropped = nominal / 15;
    const perMinute = 60 * nominal - dropped;
    const perTen = 10 * perMinute + dropped;
    const [tens, rest] = [Math.floor(frame / perTen), frame % perTen];
    const minutes = rest < 60 * nominal ? 0 : 1 + Math.floor((rest - 60 * nominal) / perMinute);
    number += dropped * (9 * tens + minutes);
  }
  const two = (part: number) => String(part).padStart(2, '0');
  const seconds = Math.floor(number / nominal);
  const [hours, minutes] = [Math.floor(seconds / 3600) % 24, Math.floor(seconds / 60) % 60];
  return `${two(hours)}:${two(minutes)}:${two(seconds % 60)}${dropsFrames ? ';' : ':'}${two(number % nominal)}`;
}

/** The frame that a timecode names. @returns nothing where it is none of this count. */
export function frameOf(text: string, count: FrameCount): number | undefined {
  const parts = /^(\d\d):(\d\d):(\d\d)[:;.](\d\d)$/.exec(text)?.slice(1).map(Number);
  if (!parts) return undefined;
  const [hours, minutes, seconds, frames] = parts as [number, number, number, number];
  const all = 60 * hours + minutes;
  const dropped = count.dropsFrames ? (count.nominal / 15) * (all - Math.floor(all / 10)) : 0;
  const frame = (60 * all + seconds) * count.nominal + frames - dropped;
  return timecode(frame, count) === text.replace('.', count.dropsFrames ? ';' : ':') ? frame : undefined;
}
