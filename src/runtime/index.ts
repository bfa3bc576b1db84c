// What computes networks, free of any machine: outputs of a network and its weights in → a session. `node/` is one, ONNX
// Runtime in worker threads.
export { type Observing, observing } from './observing.ts';
export type { Runtime, Session } from './runtime.ts';
