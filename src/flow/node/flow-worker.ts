import { parentPort, workerData } from 'node:worker_threads';
import { FlowKernel } from '../kernel/kernel.ts';
import type { Request } from './messages.ts';

const module = workerData as WebAssembly.Module;
let kernel: FlowKernel | undefined;

parentPort!.on('message', (request: Request) => {
  if ('size' in request) {
    kernel = new FlowKernel(module, request.size, request.options);
    return;
  }
  if (request.startsRun) kernel!.restart();
  const field = kernel!.next(request.frame);
  if (field) parentPort!.postMessage(field, [field.u.buffer as ArrayBuffer, field.v.buffer as ArrayBuffer]);
});
