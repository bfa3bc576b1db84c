/*
 * In: the frames of a film in order, small, gray or RGB, each with its time in seconds. Out: its shots, and how each
 * begins: at a hard cut, a fade through black or white, or a dissolve; and while they come, how long the shot around one lasts.
 */
export type { BoundaryKind } from './boundary.ts';
export { ShotDetector, type ShotSpan, shotReach } from './detector.ts';
export type { ShotFrame } from './look.ts';
