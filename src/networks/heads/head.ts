import type { Tensor } from '../../support/tensor.ts';

/** What a head takes in: the mean of a track of feature vectors. */
export interface HeadInput {
  /** The name of the track. */
  readonly track: string;
  /** Length of its vectors. */
  readonly channels: number;
  /** Whether a clip may lack it: then its features are zeros, and a mask beside them says so. */
  readonly masked: boolean;
}

/** A regression and what it sees. Fusion of features has one head; fusion of decisions one per stream. */
export interface Head {
  /** What the names of its parameters start with. */
  readonly prefix: string;
  readonly inputs: readonly HeadInput[];
}

/** How a network ends. */
export interface Heads {
  /** Streams join as features (the paper's way) or as decisions (what it argues against). */
  readonly fusion: 'features' | 'decisions';
  readonly heads: readonly Head[];
}

/** Mean vectors by the name of their track. */
export type Features = Readonly<Record<string, Float32Array>>;

export type Parameters = ReadonlyMap<string, Tensor>;
