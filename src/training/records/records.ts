import { join } from 'node:path';
import { z } from 'zod';
import { writeAtomically } from '../../support/files.ts';
import { makeFolder } from '../../support/folders.ts';
import { eventFile } from './tensorboard.ts';

/** What is known after an epoch. Errors are mean squared errors on the data set's own scale. */
export interface EpochRecord {
  /** From 1. */
  readonly epoch: number;
  /** Seconds since 1970, at the epoch's end. */
  readonly wallTime: number;
  /** Seconds the epoch took, and those of them in which a step waited for its data. */
  readonly seconds: number;
  readonly waited: number;
  readonly learningRate: number;
  readonly trainLoss: number;
  /** What decides which epoch is the best: the mean of both errors as shares of their labels' variance. */
  readonly validationError: number;
  readonly valenceError: number;
  readonly arousalError: number;
  /** Pearson's r on the validation clips. */
  readonly valenceR: number;
  readonly arousalR: number;
}

export const epochRecordSchema: z.ZodType<EpochRecord> = z.object({
  epoch: z.number(),
  wallTime: z.number(),
  seconds: z.number(),
  waited: z.number(),
  learningRate: z.number(),
  trainLoss: z.number(),
  validationError: z.number(),
  valenceError: z.number(),
  arousalError: z.number(),
  valenceR: z.number(),
  arousalR: z.number(),
});

/**
 * Writes `results.csv`, `metrics.jsonl` and TensorBoard's `events.out.tfevents.affectline` into a run's folder.
 * Always all epochs anew, each file whole or not at all: a run that was killed and resumed leaves the same files as
 * one that was not.
 */
export async function writeRecords(folder: string, records: readonly EpochRecord[]): Promise<void> {
  makeFolder(folder);
  const columns = Object.keys(records[0] ?? {}) as (keyof EpochRecord)[];
  const rows = records.map((record) => columns.map((column) => record[column]).join(','));
  await writeAtomically(join(folder, 'results.csv'), `${[columns.join(','), ...rows].join('\n')}\n`);
  await writeAtomically(
    join(folder, 'metrics.jsonl'),
    records.map((record) => `${JSON.stringify(record)}\n`).join(''),
  );
  const scalars = records.flatMap((record) =>
    columns
      .filter((column) => column !== 'epoch' && column !== 'wallTime')
      .map((tag) => ({ tag, step: record.epoch, value: record[tag], wallTime: record.wallTime })),
  );
  await writeAtomically(join(folder, 'events.out.tfevents.affectline'), eventFile(scalars));
}
