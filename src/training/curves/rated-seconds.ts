// Films with ratings second by second, and excerpts of them as a step takes them in.
import { type Dimension, dimensions, mean } from '../../affect/index.ts';
import { type Reach, secondAt } from '../../networks/index.ts';
import type { Random } from '../../support/random.ts';
import type { Tensor } from '../../support/tensor.ts';

/** A film that a head over time learns from, or is tested on. */
export interface RatedSeconds {
  readonly film: string;
  /** What is known of each second, [seconds · inputs], as `secondsOf` of the room `analysis` tells it. */
  readonly seconds: Float32Array;
  /** Ratings of each second on the scale of the model; NaN where nobody rated. */
  readonly ratings: Readonly<Record<Dimension, Float64Array>>;
}

/** What each input is like over some films. */
export interface UsualInputs {
  readonly means: Float64Array;
  /** Standard deviations; infinite where an input never changes, so that it says nothing. */
  readonly deviations: Float64Array;
}

/** The two answers of the mean-linear head stay on their scale, and are centered alone. */
const answers = 2;

/** @param inputs how many each second has. */
export function usualInputsOf(films: readonly RatedSeconds[], inputs: number): UsualInputs {
  const [means, deviations] = [new Float64Array(inputs), new Float64Array(inputs).fill(1)];
  for (let i = 0; i < inputs; i++) {
    const values = films.flatMap(({ seconds }) =>
      Array.from({ length: seconds.length / inputs }, (_, time) => seconds[time * inputs + i]!),
    );
    means[i] = mean(values);
    if (i < answers) continue;
    const deviation = Math.sqrt(mean(values.map((value) => (value - means[i]!) ** 2)));
    deviations[i] =
      deviation > 1e-6 * Math.max(1, Math.abs(means[i]!)) ? deviation : Number.POSITIVE_INFINITY;
  }
  return { means, deviations };
}

/** The inputs of films as standard scores. */
export function standardized(seconds: Float32Array, { means, deviations }: UsualInputs): Float32Array {
  const inputs = means.length;
  return seconds.map((value, i) => (value - means[i % inputs]!) / deviations[i % inputs]!);
}

/** The weights of a convolution that was trained on standard scores, for the inputs as they are; in place. */
export function takeInStandardizing(weight: Tensor, bias: Tensor, { means, deviations }: UsualInputs): void {
  const [outputs, inputs, taps] = weight.shape as [number, number, number];
  for (let output = 0; output < outputs; output++)
    for (let i = 0; i < inputs; i++)
      for (let tap = 0; tap < taps; tap++) {
        const place = (output * inputs + i) * taps + tap;
        const factor = weight.data[place]! / deviations[i]!;
        weight.data[place] = factor;
        bias.data[output]! -= factor * means[i]!;
      }
}

/** Excerpts of films as a step takes them in: tensors by the name of the input. */
export interface ExcerptsOfFilms {
  /** [excerpts, inputs, before + length + after, 1] */
  readonly seconds: Tensor;
  /** [excerpts, 2, length, 1]; 0 where nobody rated, and there `rated` is 0, elsewhere 1. */
  readonly ratings: Tensor;
  readonly rated: Tensor;
}

/** Draws excerpts at random, each film as often as it is long; a shorter film is rated up to its end alone. */
export function drawExcerpts(
  films: readonly RatedSeconds[],
  { before, after }: Reach,
  { count, length, inputs }: { readonly count: number; readonly length: number; readonly inputs: number },
  random: Random,
): ExcerptsOfFilms {
  const time = before + length + after;
  const lengths = films.map(({ seconds }) => seconds.length / inputs);
  const all = lengths.reduce((sum, own) => sum + own, 0);
  const seconds = new Float32Array(count * inputs * time);
  const [ratings, rated] = [0, 1].map(() => new Float32Array(count * dimensions.length * length));
  for (let excerpt = 0; excerpt < count; excerpt++) {
    let place = random.integer(all);
    const index = lengths.findIndex((own) => {
      place -= own;
      return place < 0;
    });
    const [film, own] = [films[index]!, lengths[index]!];
    const start = random.integer(Math.max(own - length, 0) + 1);
    for (let t = 0; t < time; t++) {
      const row = secondAt(start + t - before, own) * inputs;
      for (let i = 0; i < inputs; i++) seconds[(excerpt * inputs + i) * time + t] = film.seconds[row + i]!;
    }
    dimensions.forEach((dimension, d) => {
      for (let t = 0; t < length; t++) {
        const rating = film.ratings[dimension][start + t] ?? Number.NaN;
        if (Number.isNaN(rating)) continue;
        const at = (excerpt * dimensions.length + d) * length + t;
        ratings![at] = rating;
        rated![at] = 1;
      }
    });
  }
  const shape = [count, dimensions.length, length, 1];
  return {
    seconds: { shape: [count, inputs, time, 1], data: seconds },
    ratings: { shape, data: ratings! },
    rated: { shape, data: rated! },
  };
}
