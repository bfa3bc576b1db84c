import type { Boundary, BoundarySearch } from './boundary.ts';
import { difference, type Look, novelty } from './look.ts';

/** A cut's novelty is at least this; less is noise. */
const least = 0.06;
/** And at least so many times that of the frames around it, which may move fast. */
const outstanding = 2.2;
/** Seconds on either side of a cut that it is compared with; at least two frames. */
const around = 0.25;
/** After so many frames a flash of light is over. */
const flashLength = 3;

interface Step {
  look: Look;
  /** What the frame before does not explain; 0 for the first. */
  novelty: number;
}

/** Hard cuts: a frame that the one before it does not explain, where the frames around explain each other. */
export class Cuts implements BoundarySearch {
  private readonly steps: Step[] = [];
  /** The first step that is not judged yet. */
  private next = 0;

  push(look: Look): Boundary[] {
    const before = this.steps.at(-1)?.look;
    this.steps.push({ look, novelty: before ? novelty(before, look) : 0 });
    return this.judge(
      (index) => index + flashLength < this.steps.length && !this.isNear(index, this.steps.length - 1),
    );
  }

  end(): Boundary[] {
    return this.judge(() => true);
  }

  /** Judges the steps that are ready, and forgets those that no later one is compared with. */
  private judge(isReady: (index: number) => boolean): Boundary[] {
    const found: Boundary[] = [];
    while (this.next < this.steps.length && isReady(this.next)) {
      if (this.isCut(this.next)) found.push({ time: this.steps[this.next]!.look.time, kind: 'cut' });
      this.next++;
      while (this.next > flashLength && !this.isNear(0, this.next - 1)) {
        this.steps.shift();
        this.next--;
      }
    }
    return found;
  }

  private isNear(one: number, other: number): boolean {
    const seconds = this.steps[other]!.look.time - this.steps[one]!.look.time;
    return Math.abs(one - other) <= 2 || Math.abs(seconds) <= around;
  }

  private isCut(at: number): boolean {
    const { steps } = this;
    const height = steps[at]!.novelty;
    if (height < least) return false;
    for (const direction of [-1, 1])
      for (let index = at + direction; steps[index] && this.isNear(at, index); index += direction)
        if (steps[index]!.novelty * outstanding > height) return false;
    return !this.isFlash(at);
  }

  /** Whether the film is soon again what it was before: a flash of light, or a broken frame. */
  private isFlash(at: number): boolean {
    const before = this.steps[at - 1]!.look.cells;
    const change = difference(before, this.steps[at]!.look.cells);
    return this.steps
      .slice(at + 1, at + 1 + flashLength)
      .some(({ look }) => difference(before, look.cells) < 0.4 * change);
  }
}
