import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import {
  Bucket,
  type BucketLock,
  fetchFolder,
  lockInBucket,
  putFolder,
  removeOthers,
} from '../buckets/index.ts';
import { InputError } from '../support/errors.ts';
import type { LockOptions } from '../support/owner-lock.ts';

/** Of a run: what says that its checkpoint is whole, and that it has ended. Each is put after all that it speaks of. */
export const marks: readonly string[] = ['last/checkpoint.json', 'predictions.csv'];

/**
 * An experiment's folder in a bucket: the same files under the same names, so that workers need no folder in common.
 * Each run is worked by whoever holds its lock there.
 */
export class ResultStore {
  readonly bucket: Bucket;

  /** @param address `s3://bucket/prefix`. @throws InputError when it is none, or the environment has no keys. */
  constructor(address: string) {
    this.bucket = new Bucket(address);
  }

  /** Holds a run, and gives signs of life there. */
  async lock(run: string, options: LockOptions): Promise<BucketLock> {
    const what = `training in ${this.bucket.addressOf(run)}`;
    return await lockInBucket(this.bucket, `.locks/${run}`, what, options);
  }

  /** Whether a run has ended. */
  async isFinished(run: string, signal?: AbortSignal): Promise<boolean> {
    return (await this.bucket.read(`${run}/predictions.csv`, signal)) !== undefined;
  }

  async fetchRun(run: string, folder: string, signal?: AbortSignal): Promise<void> {
    await fetchFolder({ bucket: this.bucket, name: run, folder, signal });
  }

  /** Puts a run there as it is here; interrupted at any moment, the checkpoint there is the one before or this one. */
  async putRun(run: string, folder: string, signal?: AbortSignal): Promise<void> {
    const mirrored = { bucket: this.bucket, name: run, folder, signal };
    await putFolder(mirrored, { last: marks });
    await removeOthers(mirrored);
  }

  /**
   * Makes sure that the store is of the same experiment as a folder, by its `experiment.json`.
   *
   * @throws InputError when it is of another.
   */
  async claim(folder: string, signal?: AbortSignal): Promise<void> {
    const name = 'experiment.json';
    const own = readFileSync(join(folder, name), 'utf8');
    if ((await this.bucket.write(name, own, 'absent', signal)) !== undefined) return;
    if ((await this.bucket.read(name, signal))?.text === own) return;
    throw new InputError(
      `${this.bucket.addressOf()} holds results of another data set (or of films that have changed), split or seed; ` +
        'choose another --store, or delete it',
    );
  }
}
