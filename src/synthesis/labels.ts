import { ranksByQuicksort, scoresOfRanks, simulatedAnnotators } from '../datasets/index.ts';
import { Random } from '../support/random.ts';

/** Standard deviation of what one simulated person makes of a clip, on the scale 1 … 5. */
const impression = 0.25;
/** Standard deviation of a rating from the simulated laboratory: the mean of many people. */
const rating = 0.15;
const agreeing = 3;

/** A clip's label on one dimension, as LIRIS-ACCEDE states it. */
export interface SimulatedLabel {
  readonly rank: number;
  readonly score: number;
  readonly variance: number;
}

/**
 * Labels clips the way LIRIS-ACCEDE was labeled: people compare pairs until three agree, a quicksort makes ranks of
 * that, a few clips are rated in the laboratory, and a Gaussian process carries their ratings to all ranks.
 *
 * @param truth what each clip is really like, 1 … 5.
 */
export function simulateLabels(truth: readonly number[], seed: number): SimulatedLabel[] {
  const random = Random.seeded(seed);
  const compare = simulatedAnnotators(truth, { noise: impression, agreeing: agreeing, random });
  const ranks = ranksByQuicksort(truth.length, compare, random);
  const byRank = new Array<number>(truth.length);
  ranks.forEach((rank, clip) => {
    byRank[rank] = clip;
  });
  const count = Math.min(truth.length, 80);
  const rated = Array.from({ length: count }, (_, i) => {
    const rank = Math.round((i * (truth.length - 1)) / Math.max(1, count - 1));
    return { rank, rating: truth[byRank[rank]!]! + rating * random.normal() };
  });
  const { scores } = scoresOfRanks(rated, truth.length);
  return ranks.map((rank) => {
    const { mean, variance } = scores[rank]!;
    return { rank, score: Math.min(5, Math.max(1, mean)), variance };
  });
}
