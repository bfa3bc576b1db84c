// Outputs of a network in → a session that computes them, by ONNX Runtime in a worker thread.
export type { Runtime, Session } from '../index.ts';
export {
  multipliesBytesExactly,
  nodeRuntime,
  openOnnx,
  openSession,
  type SessionOptions,
} from './session.ts';
export { type Provider, providers } from './session-protocol.ts';
