import { parentPort, workerData } from 'node:worker_threads';
import { type Alignment, type AlignmentOptions, align, type Sequence } from './alignment.ts';

/** What the thread is started with; it answers once, and ends. */
export interface AlignmentTask extends AlignmentOptions {
  a: Sequence;
  b: Sequence;
}

/** What it answers. */
export type AlignmentAnswer = Alignment;

const { a, b, ...options } = workerData as AlignmentTask;
parentPort!.postMessage(align(a, b, options) satisfies AlignmentAnswer);
