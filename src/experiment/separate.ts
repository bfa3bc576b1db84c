// Fusion of decisions whose regressors are trained apart: each stream's network alone, their answers put together after.
import { join } from 'node:path';
import { knownClips, type LabeledClip, type Split } from '../datasets/index.ts';
import { type Dimension, dimensions, type Prediction, stackedWeights } from '../evaluation/index.ts';
import { writeAtomically } from '../support/files.ts';
import { makeFolder } from '../support/folders.ts';
import type { SeparateParts } from './models.ts';
import { readPredictions, writePredictions } from './predictions-file.ts';
import type { HeldOut } from './run.ts';

/** The weight of each stream's network, for each dimension; they sum to 1. */
export type SeparateWeights = Record<Dimension, Record<string, number>>;

/**
 * What the networks of single streams say together of the clips of a split, from the predictions that their trainings left.
 * Writes `predictions.csv`, `validation.csv`, `calibration.csv` and `weights.json` into a folder.
 */
export async function combineSeparate(split: Split, parts: SeparateParts, folder: string): Promise<HeldOut> {
  const weights = separateWeights(split, parts);
  const of = (file: string) =>
    weightedMean(
      weights,
      new Map([...parts].map(([stream, own]) => [stream, readPredictions(join(own, file))])),
    );
  const heldOut = {
    validation: of('validation.csv'),
    calibration: of('calibration.csv'),
    test: of('predictions.csv'),
  };
  makeFolder(folder);
  await writeAtomically(join(folder, 'weights.json'), `${JSON.stringify(weights, null, 2)}\n`);
  await writePredictions(join(folder, 'validation.csv'), heldOut.validation);
  await writePredictions(join(folder, 'calibration.csv'), heldOut.calibration);
  await writePredictions(join(folder, 'predictions.csv'), heldOut.test);
  return heldOut;
}

/**
 * The weights with the lowest squared error on the clips that stopped the trainings and do not test; equal ones where there
 * are none, as on the paper's split. The training clips would favor whichever network knows them by heart.
 */
export function separateWeights(split: Split, parts: SeparateParts): SeparateWeights {
  const known = new Set(knownClips(split));
  const clips = split.validation.filter((clip) => known.has(clip));
  const streams = [...parts.keys()];
  const predictions = [...parts.values()].map((own) => predictionsOf(clips, join(own, 'validation.csv')));
  const of = (dimension: Dimension) => {
    const weights =
      clips.length === 0
        ? streams.map(() => 1 / streams.length)
        : stackedWeights(
            predictions.map((own) => own.map((prediction) => prediction[dimension])),
            clips.map((clip) => clip[dimension]),
          );
    return Object.fromEntries(streams.map((stream, i) => [stream, weights[i]!]));
  };
  return { valence: of('valence'), arousal: of('arousal') };
}

/** @param predictions of each stream's network, for the same clips in the same order. */
export function weightedMean(
  weights: SeparateWeights,
  predictions: ReadonlyMap<string, readonly Prediction[]>,
): Prediction[] {
  const [first] = predictions.values();
  return first!.map(({ id }, i) => {
    const [valence, arousal] = dimensions.map((dimension) =>
      [...predictions].reduce((sum, [stream, own]) => {
        if (own[i]?.id !== id) throw new TypeError(`clip '${id}' is not predicted by every stream`);
        return sum + weights[dimension][stream]! * own[i][dimension];
      }, 0),
    );
    return { id, valence: valence!, arousal: arousal! };
  });
}

function predictionsOf(clips: readonly LabeledClip[], file: string): Prediction[] {
  if (clips.length === 0) return [];
  const byId = new Map(readPredictions(file).map((prediction) => [prediction.id, prediction]));
  return clips.map(({ id }) => byId.get(id)!);
}
