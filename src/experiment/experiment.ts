import { createHash } from 'node:crypto';
import { existsSync, readFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import type { ClipCache } from '../clips/index.ts';
import type { DataSet, Split } from '../datasets/index.ts';
import type { Provider } from '../runtime/node/index.ts';
import { InputError } from '../support/errors.ts';
import { writeAtomically } from '../support/files.ts';
import { makeFolder } from '../support/folders.ts';
import type { TrainingConfiguration } from '../training/index.ts';
import { configurationFor, isNetwork, type ModelName, predictWithoutNetwork } from './models.ts';
import { writePredictions } from './predictions-file.ts';
import { duration, type HeldOut, type Reporting, trainAndPredict } from './run.ts';

export interface Experiment {
  readonly dataSet: DataSet;
  readonly split: Split;
  readonly cache: ClipCache;
  /** What all networks share. */
  readonly configuration: TrainingConfiguration;
  readonly models: readonly ModelName[];
  readonly folder: string;
  readonly threads?: number | undefined;
  readonly provider?: Provider | undefined;
}

/**
 * Trains every model on the same clips and predicts the same others, each in a folder of its own. What an earlier call
 * finished is only read, what it left unfinished goes on.
 */
export async function runExperiment(
  experiment: Experiment,
  reporting: Reporting,
): Promise<Map<ModelName, HeldOut>> {
  const { split, cache, configuration, models, folder } = experiment;
  const heldOut = new Map<ModelName, HeldOut>();
  let measured = false;
  for (const [i, name] of models.entries()) {
    reporting.signal.throwIfAborted();
    const own = join(folder, 'models', name);
    if (isNetwork(name)) {
      reporting.say(`model ${i + 1} of ${models.length}: ${name}`);
      const run = { ...experiment, ...reporting, configuration: configurationFor(name, configuration) };
      const onEpoch = ({ seconds }: { seconds: number }) => {
        if (measured) return;
        measured = true;
        const networks = models.slice(i).filter(isNetwork).length;
        const most = duration(seconds * configuration.epochs * networks);
        reporting.say(
          `${networks} networks of at most ${configuration.epochs} epochs: at most about ${most}`,
        );
      };
      heldOut.set(
        name,
        await trainAndPredict({ ...run, folder: own, features: join(folder, 'features'), onEpoch }),
      );
    } else {
      const predictions = await predictWithoutNetwork(name, split, cache, configuration.seed);
      makeFolder(own);
      await writePredictions(join(own, 'predictions.csv'), predictions.test);
      heldOut.set(name, predictions);
    }
  }
  return heldOut;
}

/** What the folder is about: a run of other clips, labels or another split must not be mixed with it. */
export async function claimExperiment(
  folder: string,
  { dataSet, split, cache }: Pick<Experiment, 'dataSet' | 'split' | 'cache'>,
): Promise<void> {
  const parts = [split.train, split.validation, split.calibration, split.test].map((clips) =>
    clips.map(({ id, film, valence, arousal }) => [id, film, valence, arousal]),
  );
  const contents: string[] = [];
  for (const clip of [split.train, split.validation, split.calibration, split.test].flat())
    contents.push(basename(await cache.pathOf(clip)));
  const text = `${JSON.stringify(
    {
      format: dataSet.format,
      synthetic: dataSet.synthetic,
      split: split.name,
      clips: parts.map((part) => part.length),
      labels: hashOf(parts),
      // prepared clips are named by what they were made from
      contents: hashOf(contents),
    },
    null,
    2,
  )}\n`;
  const file = join(folder, 'experiment.json');
  makeFolder(folder);
  if (!existsSync(file)) await writeAtomically(file, text);
  else if (readFileSync(file, 'utf8') !== text)
    throw new InputError(
      `${folder} holds results of another data set (or of films that have changed), split or seed; choose another --out, or delete it`,
    );
}

function hashOf(value: unknown): string {
  return createHash('sha256').update(JSON.stringify(value)).digest('hex');
}
