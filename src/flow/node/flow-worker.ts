import { parentPort, workerData } from 'node:worker_threads';
import { FlowKernel } from '../kernel/kernel.ts';
import type { FrameMessage, WorkerSetup } from './messages.ts';

const { module, size, options } = workerData as WorkerSetup;
const kernel = new FlowKernel(module, size, options);

parentPort!.on('message', ({ frame, startsRun }: FrameMessage) => {
  if (startsRun) kernel.restart();
  const field = kernel.next(frame);
  if (field) parentPort!.postMessage(field, [field.u.buffer as ArrayBuffer, field.v.buffer as ArrayBuffer]);
});
