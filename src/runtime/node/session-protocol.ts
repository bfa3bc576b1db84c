// What a session and its worker thread say to each other.
import type { Tensor } from '../../support/tensor.ts';

/** All that ONNX Runtime can compute with here. */
export const providers = ['cpu', 'webgpu', 'cuda'] as const;

/** What ONNX Runtime computes with. */
export type Provider = (typeof providers)[number];

/** What the worker is asked; `open` comes first. */
export type Request =
  | {
      kind: 'open';
      model: Uint8Array;
      /** The file of large arrays that the model refers to, in a resizable buffer. */
      weights?: { path: string; data: Uint8Array<ArrayBuffer> } | undefined;
      provider: Provider;
      threads: number;
      /** Whether threads wait for work by keeping their core busy, which is faster where nothing else needs it. */
      spin: boolean;
    }
  /** Arrays of `lent` feeds are moved here, and come back with the reply. */
  | { kind: 'run'; feeds: Record<string, Tensor>; lent: readonly string[] }
  | { kind: 'close' };

/** Places in the memory shared with the worker: whether it computes, and whether it shall stop. */
export const computing = 0;
export const closing = 1;

/** Results come under the names that the model has for them. */
export type Reply = ({ results: Record<string, Tensor> } | { error: string }) & {
  returned?: Record<string, Tensor>;
  /** What a model that was opened takes, by name; of an axis whose size it leaves open the size is 1. */
  inputs?: Record<string, readonly number[]>;
};
