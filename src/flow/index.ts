/*
 * Optical flow. Comes in: gray frames, 0..255, of one size. Goes out: for each pair of frames a displacement field
 * (u, v) in pixels, such that the point (x, y) of the first is at (x + u, y + v) in the second.
 * `flowOfFrames` is the fast one, a kernel in worker threads (`kernel/`); `broxFlow` computes the same in plain TypeScript.
 */
export { broxFlow } from './brox.ts';
export { type ColorImage, flowColors, longest, writeFlowImage } from './colorWheel.ts';
export { angularError, endpointError, type FlowErrors, flowErrors } from './errors.ts';
export { readFlo, writeFlo } from './flo.ts';
export { readGrayImage } from './image.ts';
export { type FlowStreamOptions, flowOfFrames } from './kernel/pool.ts';
export type { BroxOptions, FlowField, FlowPreset, GrayImage } from './schedule.ts';
export { schedules } from './schedule.ts';
