import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { BucketError } from '../buckets/index.ts';
import { InputError } from '../support/errors.ts';
import { claimFolder, type HeldOut, type TrainingRunOptions, trainAndPredict } from './run.ts';
import type { ResultStore } from './store.ts';

/**
 * `trainAndPredict` of a run that a store has: it goes on from the checkpoint there, and each new one is put there, at the
 * end all of it. A finished one is only fetched. Another process that works it is waited for, or is an error, as there.
 *
 * While the store cannot be reached the training goes on, and its next checkpoint is put; at its end it is waited for.
 *
 * @param run its name in the store.
 * @throws InputError when store or folder hold a run of another configuration, or of other clips; `busy` when another
 *   process has taken it over, or the store cannot be reached.
 */
export async function trainInStore(
  store: ResultStore,
  run: string,
  options: TrainingRunOptions,
): Promise<HeldOut> {
  const { folder, configuration, waits, signal, progress, say } = options;
  // what a store has must not be mixed with another run that is here
  if (existsSync(join(folder, 'config.yaml'))) await claimFolder(folder, configuration);
  if (await store.isFinished(run, signal)) return await fetched(store, run, options);
  const lock = await store.lock(run, {
    signal,
    onHeld: waits
      ? (holder) => progress.show(`${run}: waiting for ${holder}, which trains it`, 0)
      : undefined,
  });
  try {
    // by whom it was waited for
    if (await store.isFinished(run, lock.signal)) return await fetched(store, run, options);
    const put = async () => {
      await lock.confirm();
      await store.putRun(run, folder, lock.signal);
    };
    const onCheckpoint = async () => {
      await put().catch((error: unknown) => {
        if (lock.signal.aborted || !isPassing(error)) throw error;
        say(`${run}: the checkpoint is kept here until the next one: ${(error as Error).message}`);
      });
    };
    // what ended here before there was a store
    if (!existsSync(join(folder, 'predictions.csv'))) await store.fetchRun(run, folder, lock.signal);
    const heldOut = await named(store, run, { ...options, signal: lock.signal, onCheckpoint });
    await patiently(put, lock.signal);
    return heldOut;
  } finally {
    await lock.release();
  }
}

async function fetched(store: ResultStore, run: string, options: TrainingRunOptions): Promise<HeldOut> {
  await store.fetchRun(run, options.folder, options.signal);
  return await named(store, run, options);
}

/** What is wrong with a folder is told of the store, where it came from. */
async function named(store: ResultStore, run: string, options: TrainingRunOptions): Promise<HeldOut> {
  try {
    return await trainAndPredict(options);
  } catch (error) {
    if (!(error instanceof InputError)) throw error;
    const message = error.message.replaceAll(options.folder, store.bucket.addressOf(run));
    throw new InputError(message, error.code, { cause: error });
  }
}

/** Does what may fail because the store cannot be reached again and again, some twenty minutes long. */
async function patiently(work: () => Promise<void>, signal: AbortSignal): Promise<void> {
  for (let tries = 1; ; tries++) {
    try {
      return await work();
    } catch (error) {
      if (signal.aborted || !isPassing(error) || tries === 30) throw error;
    }
    await sleep(20_000, undefined, { signal }).catch(() => signal.throwIfAborted());
  }
}

/** Whether it may go a little later. */
function isPassing(error: unknown): boolean {
  return error instanceof BucketError && error.code === 'busy';
}
