import type { Boundary, BoundarySearch } from './boundary.ts';
import type { Look } from './look.ts';

/** A frame of one brightness deviates less than this, 0..1. */
const plain = 0.03;
/** A fade takes at least so many seconds on one side; shorter is a cut to black. */
const shortest = 0.12;
/** Seconds on either side of the plain frames that are looked at. */
const reach = 1.5;
/** The picture that fades deviates at least this much. */
const pictured = 0.06;

/**
 * Fades: plain frames, black or white, that the picture sinks into or rises from little by little. A plain stretch that
 * it jumps into and out of lies between two cuts.
 */
export class Fades implements BoundarySearch {
  /** Up to the plain frames, and the plain frames themselves. */
  private before: Look[] = [];
  private plain: Look[] = [];
  /** What follows them, until it is clear whether it rises. */
  private after: Look[] = [];

  push(look: Look): Boundary[] {
    const found: Boundary[] = [];
    const isPlain = look.deviation < plain;
    if (this.plain.length === 0 && !isPlain) this.before.push(look);
    else if (isPlain && this.after.length === 0) this.plain.push(look);
    else {
      this.after.push(look);
      if (isPlain || look.time - this.after[0]!.time >= reach)
        found.push(...this.judge(isPlain ? look : undefined));
    }
    while (this.before.length > 2 && look.time - this.before[0]!.time > reach && this.plain.length === 0)
      this.before.shift();
    if (this.plain.length > 2) this.plain.splice(1, this.plain.length - 2);
    return found;
  }

  end(): Boundary[] {
    return this.judge(undefined);
  }

  private judge(nextPlain: Look | undefined): Boundary[] {
    const { before, plain: stretch, after } = this;
    const [first, last] = [stretch[0], stretch.at(-1)];
    this.before = after.filter((look) => look !== nextPlain);
    this.plain = nextPlain ? [nextPlain] : [];
    this.after = [];
    // a film that begins or ends in black fades, but no shot gives way to another there
    if (!first || !last || before.length === 0 || after.length === 0) return [];
    const sinks = isRamp([...before, first].reverse());
    const rises = isRamp([last, ...after]);
    return sinks || rises ? [{ time: (first.time + last.time) / 2, kind: 'fade' }] : [];
  }
}

/** Whether a picture rises from a plain frame little by little. */
function isRamp([start, ...looks]: Look[]): boolean {
  let risen = 0;
  let last = start!;
  for (const look of looks) {
    if (look.deviation < last.deviation - 0.004) break;
    risen = look.deviation;
    last = look;
    if (risen >= pictured && Math.abs(look.time - start!.time) >= shortest) return !jumps(looks, look, risen);
  }
  return false;
}

/** Whether most of the way is made in one step. */
function jumps(looks: readonly Look[], end: Look, height: number): boolean {
  let before = 0;
  for (const { deviation, time } of looks) {
    if (deviation - before > 0.6 * height) return true;
    if (time === end.time) break;
    before = deviation;
  }
  return false;
}
