import type { Affect } from '../affect/index.ts';

/** A word, and the mean ratings that people gave it, 1 … 9. */
type Rating = readonly [word: string, valence: number, arousal: number];

/**
 * Means over all raters of Warriner, Kuperman & Brysbaert (2013), "Norms of valence, arousal, and dominance for 13,915
 * English lemmas", Behavior Research Methods 45, 1191–1207, doi 10.3758/s13428-012-0314-x (columns V.Mean.Sum and
 * A.Mean.Sum): of its words those that say how a scene may feel.
 */
const ratings: readonly Rating[] = [
  ['happy', 8.47, 6.05],
  ['excited', 8.11, 6.43],
  ['love', 8, 5.36],
  ['humorous', 7.81, 5.33],
  ['harmonious', 7.7, 4.25],
  ['playful', 7.63, 5.89],
  ['romantic', 7.61, 5.12],
  ['energetic', 7.57, 6.1],
  ['enthusiastic', 7.55, 5.9],
  ['dreamy', 7.52, 4.9],
  ['amused', 7.05, 4.27],
  ['proud', 7, 5.55],
  ['inspired', 6.89, 5.56],
  ['calm', 6.89, 1.67],
  ['content', 6.7, 3.17],
  ['nostalgic', 6.68, 4.37],
  ['mellow', 6.68, 2.81],
  ['relief', 6.63, 4.42],
  ['ecstatic', 6.45, 6.95],
  ['untroubled', 6.21, 3.02],
  ['serious', 5.88, 4.05],
  ['sleepy', 4.36, 3.04],
  ['tired', 4.29, 3.67],
  ['indifferent', 4.28, 3.19],
  ['nervous', 3.56, 5.51],
  ['angst', 3.5, 5.76],
  ['regret', 3.41, 4.9],
  ['distressed', 3.38, 6.28],
  ['worried', 3.27, 5.81],
  ['anguish', 3.14, 5.41],
  ['bored', 2.95, 3.65],
  ['annoyed', 2.8, 5.29],
  ['scared', 2.8, 6.1],
  ['disgusted', 2.68, 4.89],
  ['lonely', 2.67, 4.37],
  ['frustrated', 2.55, 5.4],
  ['angry', 2.53, 6.2],
  ['upset', 2.45, 4.49],
  ['anxiety', 2.38, 4.78],
  ['hostile', 2.35, 5.39],
  ['sad', 2.1, 3.49],
  ['hate', 1.96, 6.26],
];

/** Emotion words on the plane, −1 … 1. */
export const emotionWords: ReadonlyMap<string, Affect> = new Map(
  ratings.map(([word, valence, arousal]) => [
    word,
    { valence: (valence - 5) / 4, arousal: (arousal - 5) / 4 },
  ]),
);

/** The words nearest to a point of the plane, the nearest first. */
export function nearestWords(point: Affect, count: number): string[] {
  const distance = ({ valence, arousal }: Affect) =>
    Math.hypot(valence - point.valence, arousal - point.arousal);
  return [...emotionWords]
    .map(([word, at]) => ({ word, far: distance(at) }))
    .sort((a, b) => a.far - b.far)
    .slice(0, count)
    .map(({ word }) => word);
}
