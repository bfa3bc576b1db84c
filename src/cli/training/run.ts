import { existsSync, mkdirSync, readFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { readModel } from '../../analysis/index.ts';
import { ClipCache } from '../../clips/index.ts';
import type { DataSet, Split } from '../../datasets/index.ts';
import type { Prediction } from '../../evaluation/index.ts';
import { presets } from '../../networks/index.ts';
import { InputError } from '../../support/errors.ts';
import { writeAtomically } from '../../support/files.ts';
import {
  configurationText,
  initialParameters,
  openSplit,
  predictClips,
  type TrainingConfiguration,
  train,
  viewOf,
} from '../../training/index.ts';
import type { ProgressLine } from '../terminal.ts';

/** Where a command reports to, and what stops it. */
export interface Reporting {
  readonly signal: AbortSignal;
  readonly progress: ProgressLine;
  /** A line on stderr. */
  say(line: string): void;
}

/** The clips of a data set, prepared for a preset; what is there already is used. */
export async function preparedClips(
  dataSet: DataSet,
  preset: TrainingConfiguration['preset'],
  folder: string,
  { signal, progress, say }: Reporting,
): Promise<ClipCache> {
  const { shortSide } = presets[preset];
  const cache = new ClipCache(folder, { shortSide, flowPreset: 'standard' });
  const films = dataSet.clips.map(({ path }) => path);
  await cache.prepare(
    films,
    ({ done, total, estimate }) => {
      if (estimate && estimate.missing > 20) {
        const { missing, seconds, bytes } = estimate;
        say(
          `preparing ${missing} clips: about ${duration(seconds)} and ${(bytes / 1e9).toFixed(2)} GB in ${folder}`,
        );
      }
      progress.show(`preparing clips, ${done} of ${total}`, done / total);
    },
    signal,
  );
  progress.clear();
  return cache;
}

export interface TrainingRunOptions extends Reporting {
  readonly dataSet: DataSet;
  readonly split: Split;
  readonly cache: ClipCache;
  readonly configuration: TrainingConfiguration;
  /** Goes on with what is there. */
  readonly folder: string;
  readonly threads?: number | undefined;
}

/**
 * Trains in a folder, then predicts the test clips with the best model: `predictions.csv`. A finished run is only read.
 *
 * @throws InputError when the folder holds a run of another configuration.
 */
export async function trainAndPredict(options: TrainingRunOptions): Promise<Prediction[]> {
  const { dataSet, split, cache, configuration, folder, threads, signal, progress, say } = options;
  await claimFolder(folder, configuration);
  const finished = join(folder, 'predictions.csv');
  if (existsSync(finished)) return readPredictions(finished);

  const clips = await openSplit(split, cache);
  const name = basename(folder);
  const { best } = await train({
    configuration,
    folder,
    train: clips.train,
    validation: clips.validation,
    parameters: await initialParameters(configuration),
    model: { name, trained: trainedOn(dataSet, split) },
    threads,
    signal,
    onStep: ({ epoch, step, steps, loss }) =>
      progress.show(
        `${name}: epoch ${epoch}, loss ${loss.toFixed(3)}`,
        ((epoch - 1) * steps + step) / (configuration.epochs * steps),
      ),
    onEpoch: (record) => {
      progress.clear();
      say(
        `${name}: epoch ${record.epoch}  loss ${record.trainLoss.toFixed(3)}  ` +
          `validation r valence ${record.valenceR.toFixed(3)}, arousal ${record.arousalR.toFixed(3)}  ` +
          `${duration(record.seconds)}, waited for data ${((100 * record.waited) / record.seconds).toFixed(1)} %`,
      );
    },
  });
  const { network, regression: parameters } = await readModel(best);
  const view = {
    ...viewOf(configuration, network),
    segments: configuration.evaluationSegments,
    flowFields: 10,
  };
  const values = await predictClips(clips.test, { network, parameters, view, threads, signal });
  const predictions = clips.test.map(({ id }, i) => ({ id, ...values[i]! }));
  await writeAtomically(finished, predictionsText(predictions));
  return predictions;
}

/** Writes the configuration into the folder, or finds the same one there. */
async function claimFolder(folder: string, configuration: TrainingConfiguration): Promise<void> {
  mkdirSync(folder, { recursive: true });
  const file = join(folder, 'config.yaml');
  const text = configurationText(configuration);
  if (!existsSync(file)) await writeAtomically(file, text);
  else if (readFileSync(file, 'utf8') !== text)
    throw new InputError(`${folder} holds a run of another configuration; choose another name, or delete it`);
}

function trainedOn(dataSet: DataSet, split: Split): string {
  const films = new Set(split.train.map(({ film }) => film)).size;
  const kind = dataSet.synthetic ? 'synthetic clips (rendered, not filmed)' : 'clips';
  return `${split.train.length} ${kind} of ${films} films, ${dataSet.format}, split ${split.name}`;
}

function predictionsText(predictions: readonly Prediction[]): string {
  return `id,valence,arousal\n${predictions.map(({ id, valence, arousal }) => `${id},${valence},${arousal}\n`).join('')}`;
}

function readPredictions(file: string): Prediction[] {
  const [, ...rows] = readFileSync(file, 'utf8').trimEnd().split('\n');
  return rows.map((row) => {
    const [id, valence, arousal] = row.split(',');
    return { id: id!, valence: Number(valence), arousal: Number(arousal) };
  });
}

export function duration(seconds: number): string {
  if (seconds < 90) return `${Math.round(seconds)} s`;
  const minutes = Math.round(seconds / 60);
  return minutes < 90 ? `${minutes} min` : `${Math.floor(minutes / 60)} h ${minutes % 60} min`;
}
