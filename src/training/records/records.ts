import { mkdirSync, renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
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
  readonly valenceError: number;
  readonly arousalError: number;
  /** Pearson's r on the validation clips. */
  readonly valenceR: number;
  readonly arousalR: number;
}

/**
 * Writes `results.csv`, `metrics.jsonl` and TensorBoard's `events.out.tfevents.affectline` into a run's folder.
 * Always all epochs anew, each file whole or not at all: a run that was killed and resumed leaves the same files as
 * one that was not.
 */
export function writeRecords(folder: string, records: readonly EpochRecord[]): void {
  mkdirSync(folder, { recursive: true });
  const columns = Object.keys(records[0] ?? {}) as (keyof EpochRecord)[];
  const rows = records.map((record) => columns.map((column) => record[column]).join(','));
  replace(join(folder, 'results.csv'), `${[columns.join(','), ...rows].join('\n')}\n`);
  replace(join(folder, 'metrics.jsonl'), records.map((record) => `${JSON.stringify(record)}\n`).join(''));
  const scalars = records.flatMap((record) =>
    columns
      .filter((column) => column !== 'epoch' && column !== 'wallTime')
      .map((tag) => ({ tag, step: record.epoch, value: record[tag], wallTime: record.wallTime })),
  );
  replace(join(folder, 'events.out.tfevents.affectline'), eventFile(scalars));
}

function replace(path: string, content: string | Uint8Array): void {
  const unfinished = `${path}.part`;
  writeFileSync(unfinished, content);
  renameSync(unfinished, path);
}
