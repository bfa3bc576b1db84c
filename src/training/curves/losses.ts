// How far a curve lies from ratings, as an expression to be minimized.
import { add, divide, multiply, reduceMean, reduceSum, subtract, type Value } from '../../graph/index.ts';

/** What a temporal head can be trained by: the mean squared error, or 1 − CCC. */
export const curveLosses = ['mse', 'ccc'] as const;

/** The name of one of them. */
export type CurveLoss = (typeof curveLosses)[number];

/**
 * The loss of a batch of curves, both dimensions alike.
 *
 * @param curves predicted, and `ratings`, of the same shape [films, 2, time, 1]; `rated` is 1 where somebody rated, else 0,
 *   and where it is 0 the ratings are 0.
 */
export function curveLoss(loss: CurveLoss, curves: Value, ratings: Value, rated: Value): Value {
  return loss === 'mse' ? squaredError(curves, ratings, rated) : discordance(curves, ratings, rated);
}

/** The mean squared error over all that was rated. */
function squaredError(curves: Value, ratings: Value, rated: Value): Value {
  const error = multiply(subtract(curves, ratings), rated);
  const all = [0, 1, 2, 3];
  return divide(reduceSum(multiply(error, error), all), reduceSum(rated, all));
}

/** Keeps the quotient a number where neither curves nor ratings change. */
const smallest = 1e-6;

/** 1 − CCC (Lin 1989) over all seconds of the batch together, the mean of both dimensions. */
function discordance(curves: Value, ratings: Value, rated: Value): Value {
  const count = reduceSum(rated, [0, 2, 3], true);
  const meanOf = (value: Value) => divide(reduceSum(multiply(value, rated), [0, 2, 3], true), count);
  const [meanCurve, meanRating] = [meanOf(curves), meanOf(ratings)];
  const [p, l] = [subtract(curves, meanCurve), subtract(ratings, meanRating)];
  const apart = subtract(meanCurve, meanRating);
  const spread = add(add(meanOf(multiply(p, p)), meanOf(multiply(l, l))), multiply(apart, apart));
  const concordance = divide(multiply(meanOf(multiply(p, l)), 2), add(spread, smallest));
  return subtract(1, reduceMean(concordance));
}
