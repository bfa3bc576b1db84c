import { createHash } from 'node:crypto';
import { existsSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type { DataSet } from '../datasets/index.ts';
import type { JobKind, JobQueue, JobStatus } from '../jobs/index.ts';
import { InputError } from '../support/errors.ts';
import { configurationText, type TrainingConfiguration } from '../training/index.ts';
import { absolutePlace, clipsAt } from './clip-place.ts';
import { configurationOf, type Experiment, runName, trainingsOf } from './experiment.ts';
import { addsTo, isNetwork, type ModelName } from './models.ts';
import type { Reporting } from './run.ts';
import type { ResultStore } from './store.ts';
import { storeDataSet, storeFilms } from './stored-data.ts';
import { preparationJobs, type ShardData, type TrainingData, trainingJobs } from './training-jobs.ts';

/** What is put into the queue, and what it is said of. */
export interface Queued {
  readonly queue: JobQueue;
  /** The data set's folder. */
  readonly data: string;
  /** Where runs are kept, where that is not the folder of the experiment. */
  readonly store?: ResultStore | undefined;
  readonly configuration: TrainingConfiguration;
  readonly cache: string;
}

/** Clips of a shard: enough that opening the data set does not count, few enough for many workers. */
const shardClips = 100;

/**
 * Has the clips of a data set prepared by jobs, and waits for their end. With a store the films of those that are not
 * prepared yet are put there, until they are.
 *
 * @throws InputError with the reasons of those that failed.
 */
export async function prepareByJobs(queued: Queued, dataSet: DataSet, reporting: Reporting): Promise<void> {
  const { queue, store, cache, configuration } = queued;
  // of an embedded library it is this process that works, which has the films
  if (!store || queue.library.database.kind === 'embedded')
    return await inShards({ ...queued, store: undefined }, resolve(queued.data), dataSet, reporting);
  const { bucket } = store;
  const { signal, progress } = reporting;
  progress.show('putting films that are not prepared yet into the store', 0);
  const clips = await clipsAt(cache, configuration);
  const missing = new Set(await clips.missing(dataSet.clips, signal));
  const films = await storeFilms(bucket, [...missing], clips, signal);
  progress.clear();
  // what is prepared here is to be so for the workers
  await clips.prepare(
    dataSet.clips.filter((clip) => !missing.has(clip)),
    ({ done, total }) => progress.show(`prepared clips, ${done} of ${total}`, done / total),
    signal,
  );
  progress.clear();
  if (films.length === 0) return;
  await inShards(queued, await storeDataSet(bucket, dataSet, clips, signal), dataSet, reporting);
  for (const film of films) await bucket.remove(film, signal);
}

async function inShards(
  { queue, store, configuration, cache }: Queued,
  data: string,
  dataSet: DataSet,
  reporting: Reporting,
): Promise<void> {
  const of = Math.ceil(dataSet.clips.length / shardClips);
  const shared = {
    ...{ data, ...(store && { store: store.bucket.addressOf() }) },
    cache: absolutePlace(cache),
    configuration: configurationText(configuration),
  };
  const jobs = Array.from({ length: of }, (_, shard): ShardData => ({ ...shared, shard, of }));
  await ended(queue, preparationJobs, jobs, reporting);
}

/**
 * Has the networks of an experiment trained by jobs, one for each model, seed and split that has not ended before, and waits
 * for their end; those that add a stream to another once all others have ended. Then their folders, or the store, hold what
 * `runExperiment` only reads. Threads and provider of the experiment, where it has them, are those of every worker: figures
 * depend on them in their last bits.
 *
 * @throws InputError with the reasons of those that failed, once the others have ended.
 */
export async function trainByJobs(
  { queue, data, store, configuration, cache }: Queued,
  experiment: Experiment,
  reporting: Reporting,
): Promise<void> {
  const { threads, provider, protocol } = experiment;
  const place = store
    ? {
        store: store.bucket.addressOf(),
        data: await storeDataSet(store.bucket, experiment.dataSet, experiment.cache, reporting.signal),
      }
    : { data: resolve(data), features: resolve(experiment.folder, 'features') };
  const shared = {
    ...{ ...place, cache: absolutePlace(cache) },
    ...{ splits: protocol.splits.length, splitSeed: configuration.seed },
    ...(threads !== undefined && { threads }),
    ...(provider !== undefined && { provider }),
  };
  const jobsOf = (model: ModelName) =>
    trainingsOf(experiment, model).flatMap(({ seed, folders }) =>
      folders.map((folder, split): TrainingData => {
        const own = configurationText(configurationOf(experiment, model, seed, split));
        return {
          ...shared,
          ...{ model, seed, split, configuration: own },
          folder: store ? runName(experiment, folder) : resolve(folder),
        };
      }),
    );
  const networks = experiment.models.filter(isNetwork);
  for (const models of [networks.filter((name) => !addsTo(name)), networks.filter(addsTo)]) {
    const open: TrainingData[] = [];
    for (const job of models.flatMap(jobsOf)) {
      const { folder } = job;
      const isHere = existsSync(join(store ? experiment.folder : '', folder, 'predictions.csv'));
      if (!isHere && !(await store?.isFinished(folder, reporting.signal))) open.push(job);
    }
    await ended(queue, trainingJobs(), open, reporting);
  }
}

/** Puts jobs into the queue, unless they wait or run there already, and waits until all have ended. */
async function ended<Data extends object>(
  queue: JobQueue,
  kind: JobKind<Data>,
  jobs: readonly Data[],
  { signal, progress }: Reporting,
): Promise<void> {
  const ids: string[] = [];
  for (const job of jobs) {
    const id = (await queue.add(kind, job, keyOf(job))) ?? (await openIdOf(queue, kind.name, job));
    if (id !== undefined) ids.push(id);
  }
  for (;;) {
    signal.throwIfAborted();
    const found = (await Promise.all(ids.map((id) => queue.job(id)))).filter((job) => job !== undefined);
    const open = found.filter(isOpen);
    if (open.length === 0) {
      progress.clear();
      refuseFailed(kind, found);
      return;
    }
    const done = found.reduce((sum, job) => sum + (isOpen(job) ? job.done : 1), 0);
    progress.show(
      `${kind.name}: ${found.length - open.length} of ${found.length} jobs ended`,
      done / found.length,
    );
    await sleep(polling, undefined, { signal }).catch(() => {});
  }
}

/** Milliseconds between looks at the queue. */
const polling = 500;

/** The job with the same data that waits or runs. */
async function openIdOf(queue: JobQueue, name: string, job: object): Promise<string | undefined> {
  const key = keyOf(job);
  const all = await queue.list();
  return all.find((other) => other.kind === name && isOpen(other) && keyOf(other.data) === key)?.id;
}

function isOpen({ state }: JobStatus): boolean {
  return state === 'waiting' || state === 'running';
}

/** The SHA-256 of a job's data; the order of their keys, which a database may change, does not count. */
function keyOf(job: object): string {
  const sorted = Object.entries(job).toSorted(([a], [b]) => (a < b ? -1 : 1));
  return createHash('sha256').update(JSON.stringify(sorted)).digest('hex');
}

function refuseFailed<Data extends object>(kind: JobKind<Data>, jobs: readonly JobStatus[]): void {
  const failed = jobs.filter(({ state }) => state === 'failed');
  if (failed.length === 0) return;
  const reasons = failed
    .slice(0, 10)
    .map(({ data, reason }) => `${kind.nameOf(data as Data)}: ${reason ?? 'no reason was kept'}`);
  throw new InputError(
    `${failed.length} of ${jobs.length} jobs to ${kind.name} failed:\n  ${reasons.join('\n  ')}`,
  );
}
