import { ranksOf, scoresOfRanks, strengthsFrom } from '../datasets/index.ts';
import type { Choice, LabelScene } from './labels.ts';

/** A scene with what the choices make of it. */
export interface RankedScene extends LabelScene {
  /** How often it was decided upon. */
  readonly choices: number;
  /** Of Bradley & Terry's model, in logits; their mean is 0. */
  readonly strength: number;
  /** 0 for the lowest. */
  readonly rank: number;
  /** On 1 … 5; 3 is a scene that wins half its comparisons. */
  readonly score: number;
  /** Variance of the score's curve over the ranks. */
  readonly variance: number;
}

/** How many ranks the process is fitted to: a fit takes the cube of them. */
const mostFitted = 60;

/**
 * Ranks scenes by the pairs that were decided: strengths (Bradley & Terry 1952), and of the ranks scores by
 * Gaussian-process regression, as LIRIS-ACCEDE has them (Baveye, Dellandréa, Chamaret & Chen 2014). Where they had ratings of
 * some clips in the laboratory, here stands the chance that a scene is chosen over an average one, from 1 (never) to 5 (always):
 * scores are relative to the scenes that were compared.
 *
 * @returns the scenes that were decided upon, the highest first.
 */
export function rankedScenes(scenes: readonly LabelScene[], choices: readonly Choice[]): RankedScene[] {
  const decided = choices.filter(({ chosen }) => chosen !== undefined);
  const counts = new Map<number, number>();
  for (const { one, other } of decided)
    for (const id of [one, other]) counts.set(id, (counts.get(id) ?? 0) + 1);
  const compared = scenes.filter(({ id }) => counts.has(id));
  if (compared.length === 0) return [];
  const places = new Map(compared.map(({ id }, place) => [id, place]));
  const strengths = strengthsFrom(
    compared.length,
    decided.flatMap(({ one, other, chosen }) => {
      const [winner, loser] = [places.get(chosen!), places.get(chosen === one ? other : one)];
      return winner === undefined || loser === undefined ? [] : [{ winner, loser }];
    }),
  );
  const ranks = ranksOf(strengths);
  const order = ranks.map((rank, place) => ({ rank, place })).sort((a, b) => a.rank - b.rank);
  const every = Math.max(1, order.length / mostFitted);
  const rated = Array.from({ length: Math.min(order.length, mostFitted) }, (_, index) => {
    const { rank, place } = order[Math.floor((index + 0.5) * every)]!;
    return { rank, rating: 1 + 4 / (1 + Math.exp(-strengths[place]!)) };
  });
  const { scores } = scoresOfRanks(rated, compared.length);
  return compared
    .map((scene, place) => {
      const { mean, variance } = scores[ranks[place]!]!;
      return {
        ...scene,
        choices: counts.get(scene.id)!,
        strength: strengths[place]!,
        rank: ranks[place]!,
        score: Math.min(5, Math.max(1, mean)),
        variance,
      };
    })
    .sort((a, b) => b.rank - a.rank);
}
