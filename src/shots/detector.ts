import type { Boundary, BoundaryKind } from './boundary.ts';
import { Cuts } from './cuts.ts';
import { Dissolves } from './dissolves.ts';
import { Fades } from './fades.ts';
import { type Look, lookAt, type ShotFrame } from './look.ts';

/** A stretch of film between two boundaries. */
export interface ShotSpan {
  /** Seconds. */
  from: number;
  to: number;
  /** How it begins; the first shot begins with the film. */
  begins: BoundaryKind | 'start';
}

/** No shot but the first is shorter, in seconds. */
const shortest = 0.2;
/** Seconds on either side of a moment within which the length of its shot is looked at. */
export const shotReach = 10;
/** Most boundaries are found within so many seconds after them. */
const settled = 2;
/** Seconds within which a gradual change is the reason for what else was found. */
const reach = 0.6;

/**
 * Finds the shots of a film whose frames are pushed in order. It keeps what the last seconds looked like, so its memory
 * does not grow with the film.
 */
export class ShotDetector {
  private readonly searches = [new Cuts(), new Fades(), new Dissolves()];
  private readonly found: Boundary[] = [];
  private last: Look | undefined;
  private isFinished = false;

  /** @throws RangeError when times do not rise, or the frame is no picture of the kind of those before it. */
  push(frame: ShotFrame): void {
    const look = lookAt(frame);
    const { last } = this;
    if (last && !(look.time > last.time))
      throw new RangeError(`a frame at ${look.time} s after one at ${last.time} s: times must rise`);
    if (last && last.cells.length !== look.cells.length)
      throw new RangeError(
        'frames of one film are all gray or all RGB; this one is not like those before it',
      );
    this.last = look;
    for (const search of this.searches) this.found.push(...search.push(look));
  }

  /** Says that all frames have been pushed. */
  finish(): void {
    if (this.isFinished) return;
    this.isFinished = true;
    for (const search of this.searches) this.found.push(...search.end());
  }

  /**
   * The shots of the film, one after the other, from 0 to its end, once all frames have been pushed.
   *
   * @param duration seconds of the film.
   */
  end(duration: number): ShotSpan[] {
    this.finish();
    return shotsBetween(this.found, 0, duration);
  }

  /** Whether enough of the film is known to tell `lengthAt` a time. */
  knows(time: number): boolean {
    return this.isFinished || (this.last !== undefined && this.last.time >= time + shotReach + settled);
  }

  /**
   * How long the shot around a time lasts, in seconds, as far as `shotReach` before and after it; from the frames pushed so
   * far, so that the same frames, asked at the same time, give the same. A cut is the first moment of its shot.
   *
   * @param time of one of these frames.
   * @param until how far the film is known; frames that stand still need not be pushed.
   */
  lengthAt(time: number, until: number = this.last?.time ?? 0): number {
    const [first, last] = [Math.max(0, time - shotReach), Math.min(until, time + shotReach)];
    const near = this.found.filter((boundary) => Math.abs(boundary.time - time) <= shotReach + 2 * reach);
    const { from, to } = shotsBetween(near, first, last).findLast((shot) => shot.from <= time)!;
    return Math.max(shortest, to - from);
  }
}

/** The shots of a stretch of film, one after the other. */
function shotsBetween(found: readonly Boundary[], start: number, end: number): ShotSpan[] {
  const shots: ShotSpan[] = [];
  let from = start;
  let begins: ShotSpan['begins'] = 'start';
  for (const { time, kind } of withoutEchoes(found)) {
    if (time <= from || time >= end || (begins !== 'start' && time - from < shortest)) continue;
    shots.push({ from, to: time, begins });
    from = time;
    begins = kind;
  }
  shots.push({ from, to: Math.max(end, from), begins });
  return shots;
}

/** The last frame of a fade may be a jump, and a fade or a cut half of a dissolve: of such finds one counts. */
function withoutEchoes(found: readonly Boundary[]): Boundary[] {
  const awayFrom = (others: readonly Boundary[]) => (boundary: Boundary) =>
    others.every(({ time }) => Math.abs(time - boundary.time) > reach);
  const fades = found.filter(({ kind }) => kind === 'fade');
  const cuts = found.filter(({ kind }) => kind === 'cut').filter(awayFrom(fades));
  const dissolves = found.filter(({ kind }) => kind === 'dissolve').filter(awayFrom([...fades, ...cuts]));
  return [...fades, ...cuts, ...dissolves].sort((a, b) => a.time - b.time);
}
