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
  private stills: Still[] = [];
  private every = 1;
  private seen = 0;

  add(still: Still): void {
    if (this.seen++ % this.every !== 0) return;
    this.stills.push({ ...still, rgb: still.rgb.slice() });
    if (this.stills.length < most) return;
    this.stills = this.stills.filter((_, index) => index % 2 === 0);
    this.every *= 2;
  }

  /** The picture nearest to this moment, if there is any. */
  at(time: number): Still | undefined {
    let nearest = this.stills[0];
    for (const still of this.stills) {
      if (Math.abs(still.time - time) < Math.abs(nearest!.time - time)) nearest = still;
    }
    return nearest;
  }
}
