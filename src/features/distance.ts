import type { Known } from '../models/index.ts';
import { type FilmFeatures, windowMean } from './track.ts';

/** What the features of a training set are like, by the name of their track. */
export type UsualFeatures = Known['features'];

/** A dimension that never varies counts as varying by this share of what the others do. */
const leastDeviation = 0.05;

/** @param clips the mean feature vectors of each, by track; not every clip has all. */
export function usualFeatures(clips: readonly ReadonlyMap<string, Float32Array>[]): UsualFeatures {
  const tracks = new Set(clips.flatMap((clip) => [...clip.keys()]));
  return Object.fromEntries(
    [...tracks].map((track) => {
      const vectors = clips.flatMap((clip) => clip.get(track) ?? []);
      const dimensions = vectors[0]!.map((_, i) => i);
      const mean = Array.from(dimensions, (i) => average(vectors.map((vector) => vector[i]!)));
      const deviation = Array.from(dimensions, (i) =>
        Math.sqrt(average(vectors.map((vector) => (vector[i]! - mean[i]!) ** 2))),
      );
      const least = Math.max(leastDeviation * average(deviation), 1e-6);
      return [
        track,
        { mean: mean.map(rounded), deviation: deviation.map((value) => rounded(Math.max(value, least))) },
      ];
    }),
  );
}

/**
 * How far features lie from those of the training set: the root of the mean square of their standard scores, over all
 * tracks that there are; undefined without any.
 */
export function distanceFrom(
  usual: UsualFeatures,
  features: ReadonlyMap<string, Float32Array>,
): number | undefined {
  let [sum, count] = [0, 0];
  for (const [track, vector] of features) {
    const of = usual[track];
    if (!of) continue;
    vector.forEach((value, i) => {
      sum += ((value - of.mean[i]!) / of.deviation[i]!) ** 2;
    });
    count += vector.length;
  }
  return count > 0 ? Math.sqrt(sum / count) : undefined;
}

/** The mean feature vectors of a stretch of film, by track. */
export function featuresWithin(
  { tracks }: FilmFeatures,
  from: number,
  to: number,
): Map<string, Float32Array> {
  return new Map(
    tracks.flatMap((track): [string, Float32Array][] => {
      const vector = windowMean(track, from, to);
      return vector ? [[track.name, vector]] : [];
    }),
  );
}

function average(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0) / values.length;
}

/** To five digits, as they are stored. */
function rounded(value: number): number {
  return Number(value.toPrecision(5));
}
