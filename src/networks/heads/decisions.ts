// Fusion of decisions, which the paper argues against: every stream answers by itself.
import {
  add,
  constant,
  divide,
  exp,
  multiply,
  parameter,
  reshape,
  slice,
  type Value,
} from '../../graph/index.ts';
import type { Head, Heads, Parameters } from './head.ts';
import { numbersOf } from './mean-linear.ts';

/**
 * The mean of each stream's own prediction, weighted by the softmax of `decision.weights` (zeros at first, that is
 * equally).
 *
 * @param decisions [clips, 2] each.
 * @param present for each decision, [clips, 1] with 0 where the clip lacks that stream; undefined where none does.
 */
export function averageDecisions(
  decisions: readonly Value[],
  present: readonly (Value | undefined)[],
): Value {
  const strengths = exp(parameter('decision.weights', [decisions.length]));
  const weights = decisions.map((_, i) => {
    const strength = reshape(slice(strengths, 0, i, i + 1), [1, 1]);
    return present[i] ? multiply(strength, present[i]) : strength;
  });
  const sum = (values: readonly Value[]) => values.reduce((total, value) => add(total, value), constant(0));
  return divide(sum(decisions.map((decision, i) => multiply(decision, weights[i]!))), sum(weights));
}

/** The part that each head has in the prediction: those whose stream is missing are shared by the others. */
export function sharesOf(
  { fusion, heads }: Heads,
  parameters: Parameters,
  isPresent: (head: Head) => boolean,
): Map<Head, number> {
  if (fusion === 'features') return new Map(heads.map((head) => [head, 1]));
  const strengths = numbersOf(parameters, 'decision.weights');
  const weights = heads.map((head, i) => (isPresent(head) ? Math.exp(strengths[i]!) : 0));
  const sum = weights.reduce((total, weight) => total + weight, 0);
  return new Map(heads.map((head, i) => [head, weights[i]! / sum]));
}
