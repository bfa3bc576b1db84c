import { basename, join } from 'node:path';
import type { ClipSource } from '../clips/index.ts';
import { type DataSet, dataSetFor, openDataSet, protocolNamed } from '../datasets/index.ts';
import type { JobKind, Running } from '../jobs/index.ts';
import type { Provider } from '../runtime/node/index.ts';
import { InputError } from '../support/errors.ts';
import { parseConfiguration, type TrainingConfiguration } from '../training/index.ts';
import { cacheFolder } from '../weights/index.ts';
import { clipsAt } from './clip-place.ts';
import type { ModelName } from './models.ts';
import { type Reporting, trainAndPredict } from './run.ts';
import { ResultStore } from './store.ts';
import { inWorkingFolder, storedDataSet, withFilms } from './stored-data.ts';
import { trainInStore } from './stored-run.ts';

/** What every job of an experiment is told; paths that all workers see. */
interface Shared {
  /** The bucket that results are kept in, where that is not a folder: `s3://bucket/prefix`. */
  readonly store?: string | undefined;
  /** The data set's folder; of a store, the name of its labels there. */
  readonly data: string;
  /** Where prepared clips are kept: a folder, or a bucket's address. */
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
  /** Where it is kept: a folder, or its name in the store. */
  readonly folder: string;
  /** Where features of frozen streams are; with a store each worker keeps its own. */
  readonly features?: string | undefined;
}

/** Clips prepared in shards: idempotent, for a clip that is there is not prepared again. */
export const preparationJobs: JobKind<ShardData> = {
  name: 'prepare',
  nameOf: ({ data, shard, of }) => `clips of ${basename(data)}, shard ${shard + 1} of ${of}`,
  async run(given, { signal, onProgress }) {
    const { configuration, shard, of } = given;
    const cache = await clipsAt(given.cache, parsed(configuration));
    const prepare = (clips: readonly ClipSource[]) =>
      cache.prepare(clips, ({ done, total }) => onProgress(done / total), signal);
    const inShard = <Clip>(clips: readonly Clip[]) => clips.filter((_, i) => i % of === shard);
    if (given.store === undefined) {
      await prepare(inShard(dataSetIn(given).clips));
      return async () => {};
    }
    const { bucket } = new ResultStore(given.store);
    const clips = inShard((await storedDataSet(bucket, given.data, signal)).clips);
    const films = await cache.missing(clips, signal);
    await withFilms(bucket, films, signal, async (there) => {
      const known = new Set<ClipSource>(films);
      await prepare([...clips.filter((clip) => !known.has(clip)), ...there]);
    });
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
      const configuration = parsed(given.configuration);
      const cache = await clipsAt(given.cache, configuration);
      const store = given.store === undefined ? undefined : new ResultStore(given.store);
      const dataSet = store
        ? await storedDataSet(store.bucket, given.data, running.signal)
        : dataSetIn(given);
      const protocol = protocolNamed(configuration.split, dataSet.clips, given.splitSeed);
      const split = protocol.splits[given.split];
      if (!split)
        throw new InputError(
          `split ${given.split + 1}: ${protocol.name} has ${protocol.splits.length} of them`,
        );
      const run = {
        ...{ dataSet, split, cache, configuration, waits: true },
        threads: given.threads ?? own.threads,
        provider: given.provider ?? own.provider,
        ...reportingTo(running),
      };
      const { folder, features = join(cacheFolder(), 'features') } = given;
      if (store)
        await inWorkingFolder((working) =>
          trainInStore(store, folder, { ...run, features, folder: join(working, basename(folder)) }),
        );
      else await trainAndPredict({ ...run, features, folder });
      return async () => {};
    },
  };
}

function parsed(configuration: string): TrainingConfiguration {
  return parseConfiguration(configuration, 'the configuration of a job');
}

function dataSetIn({ data, configuration }: Shared): DataSet {
  return dataSetFor(parsed(configuration).split, openDataSet(data));
}

function reportingTo({ signal, onProgress }: Running): Reporting {
  return { signal, progress: { show: (_, done) => onProgress(done), clear() {} }, say() {} };
}
