import { existsSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { ClipCache, preprocessingOf } from '../clips/index.ts';
import { type DataSet, dataSetFor, openDataSet, protocolNamed } from '../datasets/index.ts';
import type { JobKind, JobQueue, JobStatus, Running } from '../jobs/index.ts';
import type { Provider } from '../runtime/node/index.ts';
import { InputError } from '../support/errors.ts';
import { configurationText, parseConfiguration, type TrainingConfiguration } from '../training/index.ts';
import { type Experiment, trainingsOf } from './experiment.ts';
import { configurationFor, isNetwork } from './models.ts';
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

/** One training: a network, by one seed, on one split. */
export interface TrainingData extends Shared {
  /** Where it is kept, and where features of frozen streams are. */
  readonly folder: string;
  readonly features: string;
  /** Which of the protocol's splits, whose seed is that of all networks. */
  readonly split: number;
  readonly splitSeed: number;
}

/** Clips prepared in shards: idempotent, for a clip that is there is not prepared again. */
export const preparationJobs: JobKind<ShardData> = {
  name: 'prepare',
  async run(given, { signal, onProgress }) {
    const { dataSet, cache } = await opened(given);
    const clips = dataSet.clips.filter((_, i) => i % given.of === given.shard);
    await cache.prepare(clips, ({ done, total }) => onProgress(done / total), signal);
    return async () => {};
  },
};

/**
 * Trainings of an experiment. What one leaves is files in its folder, as `reproduceExperiment` leaves them; one that was
 * stopped goes on from its checkpoint, wherever it is taken up.
 */
export function trainingJobs(
  computing: { readonly threads?: number | undefined; readonly provider?: Provider | undefined } = {},
): JobKind<TrainingData> {
  return {
    name: 'train',
    async run(given, running) {
      const { dataSet, cache, configuration } = await opened(given);
      const { splits } = protocolNamed(configuration.split, dataSet.clips, given.splitSeed);
      const { folder, features } = given;
      const split = splits[given.split];
      if (!split)
        throw new InputError(`split ${given.split}: ${configuration.split} has ${splits.length} of them`);
      const run = { dataSet, split, cache, configuration, folder, features };
      await trainAndPredict({ ...run, ...computing, ...reportingTo(running) });
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

/** What is put into the queue, and what it is said of. */
export interface Queued {
  readonly queue: JobQueue;
  /** The data set's folder. */
  readonly data: string;
  readonly configuration: TrainingConfiguration;
  readonly cache: string;
}

/** Clips of a shard: enough that opening the data set does not count, few enough for many workers. */
const shardClips = 100;

/** Has the clips of a data set prepared by jobs, and waits for their end. @throws InputError with the reasons of those that failed. */
export async function prepareByJobs(
  { queue, data, configuration, cache }: Queued,
  dataSet: DataSet,
  reporting: Reporting,
): Promise<void> {
  const of = Math.ceil(dataSet.clips.length / shardClips);
  const shared = {
    data: resolve(data),
    cache: resolve(cache),
    configuration: configurationText(configuration),
  };
  const jobs = Array.from({ length: of }, (_, shard): ShardData => ({ ...shared, shard, of }));
  await ended(queue, preparationJobs.name, jobs, reporting);
}

/**
 * Has the networks of an experiment trained by jobs, one for each model, seed and split that has not ended before, and waits
 * for their end; then their folders hold what `runExperiment` only reads.
 *
 * @throws InputError with the reasons of those that failed, once the others have ended.
 */
export async function trainByJobs(
  { queue, data, configuration, cache }: Queued,
  experiment: Experiment,
  reporting: Reporting,
): Promise<void> {
  const shared = { data: resolve(data), cache: resolve(cache), splitSeed: configuration.seed };
  const jobs = experiment.models.filter(isNetwork).flatMap((name) =>
    trainingsOf(experiment, name).flatMap(({ seed, folders }) =>
      folders.map((folder, split): TrainingData => {
        const own = configurationText({ ...configurationFor(name, configuration), seed });
        const features = resolve(experiment.folder, 'features');
        return { ...shared, configuration: own, folder: resolve(folder), features, split };
      }),
    ),
  );
  const open = jobs.filter(({ folder }) => !existsSync(join(folder, 'predictions.csv')));
  await ended(queue, trainingJobs().name, open, reporting);
}

/** Puts jobs into the queue, unless they wait or run there already, and waits until all have ended. */
async function ended(
  queue: JobQueue,
  name: string,
  jobs: readonly object[],
  { signal, progress }: Reporting,
): Promise<void> {
  const ids: string[] = [];
  for (const job of jobs) {
    const key = JSON.stringify(job);
    const id = (await queue.add({ name }, job, key)) ?? (await waitingOf(queue, name, job));
    if (id !== undefined) ids.push(id);
  }
  for (;;) {
    signal.throwIfAborted();
    const found = (await Promise.all(ids.map((id) => queue.job(id)))).filter((job) => job !== undefined);
    const open = found.filter(({ state }) => state === 'waiting' || state === 'running');
    if (open.length === 0) {
      progress.clear();
      refuseFailed(found);
      return;
    }
    const done = found.reduce((sum, job) => sum + (open.includes(job) ? job.done : 1), 0);
    progress.show(
      `${name}: ${found.length - open.length} of ${found.length} jobs ended`,
      done / found.length,
    );
    await sleep(polling, undefined, { signal });
  }
}

/** Milliseconds between looks at the queue. */
const polling = 500;

async function waitingOf(queue: JobQueue, name: string, job: object): Promise<string | undefined> {
  const all = await queue.list();
  return all.find(
    ({ kind, state, data }) =>
      kind === name && (state === 'waiting' || state === 'running') && isSame(data, job),
  )?.id;
}

/** The database orders keys its own way. */
function isSame(a: object, b: object): boolean {
  const sorted = (of: object) => JSON.stringify(Object.entries(of).toSorted(([x], [y]) => (x < y ? -1 : 1)));
  return sorted(a) === sorted(b);
}

function refuseFailed(jobs: readonly JobStatus[]): void {
  const failed = jobs.filter(({ state }) => state === 'failed');
  if (failed.length === 0) return;
  const reasons = failed
    .slice(0, 10)
    .map(({ id, kind, reason }) => `${kind} ${id}: ${reason ?? 'no reason was kept'}`);
  throw new InputError(`${failed.length} of ${jobs.length} jobs failed:\n  ${reasons.join('\n  ')}`);
}
