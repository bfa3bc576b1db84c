import type { Affect } from '../affect/index.ts';

/** A stretch of a film that was looked for. */
export interface Scene {
  film: number;
  path: string;
  /** Seconds. */
  from: number;
  to: number;
  /** Mean over it, −1 … 1. */
  affect: Affect;
  /** Half the width of the interval of its best moment, on −1 … 1; absent where the model has none. */
  uncertainty?: number;
  /** How far it is from what was looked for: 0 is nothing nearer. On the plane in its units, else see the search. */
  distance: number;
}

/** Which films, and which moments of them, are looked through. */
export interface SceneFilter {
  /** Numbers of films. Default: all. */
  films?: readonly number[];
  /** Seconds that a film lasts. */
  shortest?: number;
  longest?: number;
  /** Largest half-width of an interval, on −1 … 1; moments without interval are left out then. */
  uncertainty?: number;
  /** How many scenes, at most. Default 10. */
  limit?: number;
}
