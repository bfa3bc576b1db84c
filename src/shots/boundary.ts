import type { Look } from './look.ts';

/** How a shot gives way to the next: at once, through black or white, or by blending. */
export type BoundaryKind = 'cut' | 'fade' | 'dissolve';

export interface Boundary {
  /** Seconds: of a cut the first frame of the next shot, of the others the middle. */
  time: number;
  kind: BoundaryKind;
}

/** Looks for one kind of boundary; what it finds may come some frames late. */
export interface BoundarySearch {
  push(look: Look): Boundary[];
  end(): Boundary[];
}
