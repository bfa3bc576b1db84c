/*
 * Optical flow. Comes in: gray frames, 0..255, of one size. Goes out: for each pair of frames a displacement field
 * (u, v) in pixels, such that the point (x, y) of the first is at (x + u, y + v) in the second.
 * `FlowKernel` is the fast one, WebAssembly for a browser as for Node; `broxFlow` computes the same in plain TypeScript.
 * Nothing here needs Node: files, and the flow of whole films in worker threads, are in `node/`.
 */
export { broxFlow } from './brox.ts';
export { type ColorImage, flowColors, longest } from './color-wheel.ts';
export { angularError, endpointError, type FlowErrors, flowErrors } from './errors.ts';
export { floBytes, parseFlo } from './flo.ts';
export { FlowKernel } from './kernel/kernel.ts';
export type { BroxOptions, FlowField, FlowPreset, GrayImage, Schedule, Size } from './schedule.ts';
export { schedules } from './schedule.ts';
