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

  /**
   * The shots of the film, one after the other, from 0 to its end. Call it once.
   *
   * @param duration seconds of the film.
   */
  end(duration: number): ShotSpan[] {
    for (const search of this.searches) this.found.push(...search.end());
    const shots: ShotSpan[] = [];
    let from = 0;
    let begins: ShotSpan['begins'] = 'start';
    for (const { time, kind } of withoutEchoes(this.found)) {
      if (time <= from || time >= duration || (begins !== 'start' && time - from < shortest)) continue;
      shots.push({ from, to: time, begins });
      from = time;
      begins = kind;
    }
    shots.push({ from, to: Math.max(duration, from), begins });
    return shots;
  }
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
