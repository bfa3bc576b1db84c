import type { Boundary, BoundarySearch } from './boundary.ts';
import { difference, type Look } from './look.ts';

/** Seconds from one end of the stretch that is looked at to the other. */
const stretch = 1;
/** Its ends differ at least this much. */
const least = 0.07;
/** What its middle may lie off the mean of its ends, as a share of their difference: half at a cut, more where things move. */
const offMiddle = 0.2;

/**
 * Dissolves: the middle of a stretch is the mean of its ends, though these differ as shots do. A moving camera brings
 * something else into each cell, and its middle is no mean.
 */
export class Dissolves implements BoundarySearch {
  private readonly looks: Look[] = [];
  private best: { time: number; strength: number } | undefined;

  push(look: Look): Boundary[] {
    const { looks } = this;
    looks.push(look);
    while (looks.length > 3 && look.time - looks[1]!.time >= stretch) looks.shift();
    const first = looks[0]!;
    if (looks.length < 5 || look.time - first.time < stretch * 0.8) return [];
    const middle = looks[looks.length >> 1]!;
    const strength = this.strengthOf(first, middle, look);
    if (strength > (this.best?.strength ?? 0)) this.best = { time: middle.time, strength };
    return this.best && middle.time - this.best.time > stretch / 2 ? this.end() : [];
  }

  end(): Boundary[] {
    const { best } = this;
    this.best = undefined;
    return best ? [{ time: best.time, kind: 'dissolve' }] : [];
  }

  /** 0 where there is none. */
  private strengthOf(first: Look, middle: Look, last: Look): number {
    const change = difference(first.cells, last.cells);
    if (change < least || isDimmed(first, last, change)) return 0;
    const share = (last.time - middle.time) / (last.time - first.time);
    let off = 0;
    for (const [index, value] of middle.cells.entries())
      off += Math.abs(value - (share * first.cells[index]! + (1 - share) * last.cells[index]!));
    off /= middle.cells.length;
    return off < offMiddle * change ? change - off / offMiddle : 0;
  }
}

/** Whether the light alone changes: the brighter picture, dimmed to the mean of the other, is much the same. */
function isDimmed(one: Look, other: Look, change: number): boolean {
  const [bright, dark] = one.mean > other.mean ? [one, other] : [other, one];
  const by = dark.mean / bright.mean;
  return (
    difference(
      bright.cells.map((value) => value * by),
      dark.cells,
    ) <
    0.1 * change
  );
}
