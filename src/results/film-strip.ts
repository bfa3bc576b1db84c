/** A picture of the film, to be shown small. */
export interface Still {
  /** Seconds from the film's start. */
  time: number;
  width: number;
  height: number;
  /** width × height × 3. */
  rgb: Uint8Array;
}

const most = 32;

/** Keeps a few pictures, evenly spread over a film of unknown length, out of however many it is given. */
export class FilmStrip {
  private kept: Still[];
  private every = 1;
  private seen = 0;

  /** @param stills to begin with, as another strip has kept them. */
  constructor(stills: readonly Still[] = []) {
    this.kept = [...stills];
  }

  /** What it keeps. */
  get stills(): readonly Still[] {
    return this.kept;
  }

  add(still: Still): void {
    if (this.seen++ % this.every !== 0) return;
    this.kept.push({ ...still, rgb: still.rgb.slice() });
    if (this.kept.length < most) return;
    this.kept = this.kept.filter((_, index) => index % 2 === 0);
    this.every *= 2;
  }

  /** The picture nearest to this moment, if there is any. */
  at(time: number): Still | undefined {
    let nearest = this.kept[0];
    for (const still of this.kept) {
      if (Math.abs(still.time - time) < Math.abs(nearest!.time - time)) nearest = still;
    }
    return nearest;
  }
}
