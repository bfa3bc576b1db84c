import type { Random } from '../../support/random.ts';
import { type Estimate, GaussianProcess, type Kernel } from './gaussian-process.ts';

/** Says whether people rate clip `a` above clip `b`. */
export type RatesAbove = (a: number, b: number) => boolean;

/**
 * Ranks `count` clips by comparing pairs, as LIRIS-ACCEDE was made: a quicksort whose comparisons are people's
 * (Baveye et al. 2015, section 3). About 2 · count · ln(count) comparisons.
 *
 * @returns the rank of each clip, 0 for the lowest.
 */
export function ranksByQuicksort(count: number, above: RatesAbove, random: Random): number[] {
  const ranks = new Array<number>(count);
  const parts = [{ clips: Array.from({ length: count }, (_, i) => i), lowest: 0 }];
  for (let part = parts.pop(); part; part = parts.pop()) {
    const { clips, lowest } = part;
    if (clips.length === 0) continue;
    const [pivot] = clips.splice(random.integer(clips.length), 1);
    const higher: number[] = [];
    const lower: number[] = [];
    for (const clip of clips) (above(clip, pivot!) ? higher : lower).push(clip);
    ranks[pivot!] = lowest + lower.length;
    parts.push({ clips: lower, lowest }, { clips: higher, lowest: lowest + lower.length + 1 });
  }
  return ranks;
}

/**
 * People who compare clips whose true values are known, each with an error of their own (Thurstone 1927, case V):
 * a comparison is settled as soon as `agreeing` of them say the same.
 *
 * @param noise standard deviation of one person's impression of one clip.
 */
export function simulatedAnnotators(
  truth: readonly number[],
  { noise, agreeing, random }: { noise: number; agreeing: number; random: Random },
): RatesAbove {
  return (a, b) => {
    let [forA, forB] = [0, 0];
    while (forA < agreeing && forB < agreeing)
      if (truth[a]! + noise * random.normal() > truth[b]! + noise * random.normal()) forA++;
      else forB++;
    return forA === agreeing;
  };
}

/** The rank of each value, 0 for the lowest; equal values keep their order. */
export function ranksOf(values: ArrayLike<number>): number[] {
  const order = Array.from({ length: values.length }, (_, i) => i).sort((a, b) => values[a]! - values[b]!);
  const ranks = new Array<number>(values.length);
  order.forEach((item, rank) => {
    ranks[item] = rank;
  });
  return ranks;
}

/**
 * Scores for all ranks from the ratings of a few clips, by Gaussian-process regression
 * (Baveye, Dellandréa, Chamaret & Chen, "From Crowdsourced Rankings to Affective Ratings", 2014).
 *
 * @param rated clips with a rank and a rating from the laboratory.
 * @param count how many ranks there are; 0 … count − 1 get a score.
 */
export function scoresOfRanks(
  rated: readonly { rank: number; rating: number }[],
  count: number,
): { scores: Estimate[]; kernel: Kernel } {
  const process = GaussianProcess.fitted(
    rated.map(({ rank }) => rank / count),
    rated.map(({ rating }) => rating),
  );
  const scores = Array.from({ length: count }, (_, rank) => process.at(rank / count));
  return { scores, kernel: { ...process.kernel, lengthScale: process.kernel.lengthScale * count } };
}
