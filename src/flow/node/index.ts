/*
 * Optical flow with files and threads. Comes in: frames one after the other, or image and .flo files. Goes out: displacement
 * fields as in `flow/`, computed by the kernel in worker threads; .flo files and pictures of fields.
 */
export { readFlo, writeFlo, writeFlowImage } from './flow-files.ts';
export { readGrayImage } from './gray-image.ts';
export { kernelModule } from './module.ts';
export { type FlowStreamOptions, flowOfFrames } from './pool.ts';
export { FlowWorkers } from './workers.ts';
