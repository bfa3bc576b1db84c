import { type Affect, dimensions, fromNeutral, labelScale, type Scale } from '../affect/index.ts';

/** A value on the model's scale as the library compares it: −1 … 1, where 0 is neutral. */
export function onPlane({ valence, arousal }: Affect, scale?: Scale): Affect {
  return { valence: fromNeutral(valence, scale), arousal: fromNeutral(arousal, scale) };
}

/** The larger half-width of an interval on the plane; nothing where there is no interval. */
export function uncertaintyOf(
  { low, high }: { low?: Affect; high?: Affect },
  scale: Scale = labelScale,
): number | undefined {
  if (!low || !high) return undefined;
  return Math.max(...dimensions.map((of) => (high[of] - low[of]) / (scale[1] - scale[0])));
}

/** How far apart on the valence axis the planes of two models lie in the index. */
const planeDistance = 16;

/** A point of a model's plane, in the text that PostgreSQL reads as a `point`. */
export function pointText({ valence, arousal }: Affect, model: number): string {
  return `(${valence + planeDistance * model},${arousal})`;
}

/** The valence of a stored point. */
export function valenceOf(x: number, model: number): number {
  return x - planeDistance * model;
}
