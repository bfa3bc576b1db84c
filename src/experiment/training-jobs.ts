import { basename } from 'node:path';
import { ClipCache, preprocessingOf } from '../clips/index.ts';
import { dataSetFor, openDataSet, protocolNamed } from '../datasets/index.ts';
import type { JobKind, Running } from '../jobs/index.ts';
import type { Provider } from '../runtime/node/index.ts';
import { InputError } from '../support/errors.ts';
import { parseConfiguration } from '../training/index.ts';
import type { ModelName } from './models.ts';
import { type Reporting, trainAndPredict } from './run.ts';

/** What every job of an experiment is told; paths that all workers see. */
interface Shared {
  /** The data set's folder. */
  readonly data: string;
  /** Where prepared clips are kept. */
  readonly cache: string;
  /** As `configurationText` writes it. */
  readonly configuration: string;
}

/** One of several equal parts of a data set's clips, which are prepared. */
export interface ShardData extends Shared {
  /** 0 … of − 1. */
  readonly shard: number;
  readonly of: number;
}

/** What computes a training. */
export interface Computing {
  readonly threads?: number | undefined;
  readonly provider?: Provider | undefined;
}

/** One training: a network, by one seed, on one split. */
export interface TrainingData extends Shared, Computing {
  readonly model: ModelName;
  readonly seed: number;
  /** Which of the protocol's splits, from 0; its seed is that of all networks. */
  readonly split: number;
  readonly splits: number;
  readonly splitSeed: number;
  /** Where it is kept, and where features of frozen streams are. */
  readonly folder: string;
  readonly features: string;
}

/** Clips prepared in shards: idempotent, for a clip that is there is not prepared again. */
export const preparationJobs: JobKind<ShardData> = {
  name: 'prepare',
  nameOf: ({ data, shard, of }) => `clips of ${basename(data)}, shard ${shard + 1} of ${of}`,
  async run(given, { signal, onProgress }) {
    const { dataSet, cache } = await opened(given);
    const clips = dataSet.clips.filter((_, i) => i % given.of === given.shard);
    await cache.prepare(clips, ({ done, total }) => onProgress(done / total), signal);
    return async () => {};
  },
};

/**
 * Trainings of an experiment. What one leaves is files in its folder, as `reproduceExperiment` leaves them; one that was
 * stopped goes on from its checkpoint, wherever it is taken up. While a worker that is not known to be dead still trains
 * there, the next one waits for it.
 *
 * @param own what this worker computes by where the experiment says nothing of it.
 */
export function trainingJobs(own: Computing = {}): JobKind<TrainingData> {
  return {
    name: 'train',
    nameOf: ({ model, seed, split, splits }) =>
      `${model}, seed ${seed}${splits > 1 ? `, split ${split + 1} of ${splits}` : ''}`,
    async run(given, running) {
      const { dataSet, cache, configuration } = await opened(given);
      const protocol = protocolNamed(configuration.split, dataSet.clips, given.splitSeed);
      const { folder, features } = given;
      const split = protocol.splits[given.split];
      if (!split)
        throw new InputError(
          `split ${given.split + 1}: ${protocol.name} has ${protocol.splits.length} of them`,
        );
      await trainAndPredict({
        ...{ dataSet, split, cache, configuration, folder, features, waits: true },
        threads: given.threads ?? own.threads,
        provider: given.provider ?? own.provider,
        ...reportingTo(running),
      });
      return async () => {};
    },
  };
}

async function opened({ data, cache, configuration: text }: Shared) {
  const configuration = parseConfiguration(text, 'the configuration of a job');
  const dataSet = dataSetFor(configuration.split, openDataSet(data));
  const preprocessing = await preprocessingOf(configuration);
  return { configuration, dataSet, cache: new ClipCache(cache, preprocessing) };
}

function reportingTo({ signal, onProgress }: Running): Reporting {
  return { signal, progress: { show: (_, done) => onProgress(done), clear() {} }, say() {} };
}
