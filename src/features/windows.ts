import type { Model } from '../models/index.ts';
import { type FilmFeatures, windowMean } from './track.ts';

/** Vectors of stretches of film, to be compared by their distance. */
export interface WindowVectors {
  /** The same for every film of a model. */
  readonly dimensions: number;
  /** `dimensions` numbers for each window, one window after the other. */
  readonly vectors: Float32Array;
}

/**
 * What a model sees and hears in windows of a film: the mean features of all its tracks, joined. Each is a standard score
 * of the training set, where the model knows that, and every track weighs as much as another, however many features it
 * has; what a film does not have is as usual.
 *
 * @param windows seconds.
 */
export function windowVectors(
  { network, calibration }: Pick<Model, 'network' | 'calibration'>,
  { tracks }: FilmFeatures,
  windows: readonly { readonly from: number; readonly to: number }[],
): WindowVectors {
  const inputs = new Map(network.heads.flatMap((of) => of.inputs).map((of) => [of.track, of.channels]));
  const dimensions = [...inputs.values()].reduce((sum, channels) => sum + channels, 0);
  const vectors = new Float32Array(dimensions * windows.length);
  let start = 0;
  for (const [name, channels] of inputs) {
    const track = tracks.find((own) => own.name === name);
    const usual = calibration?.known?.features[name];
    windows.forEach(({ from, to }, window) => {
      windowMean(track ?? { name, stretches: [] }, from, to)?.forEach((value, i) => {
        const score = usual ? (value - usual.mean[i]!) / usual.deviation[i]! : value;
        vectors[window * dimensions + start + i] = score / Math.sqrt(channels);
      });
    });
    start += channels;
  }
  return { dimensions, vectors };
}
