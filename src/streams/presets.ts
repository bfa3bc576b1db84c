import { checkedName } from '../support/errors.ts';

/** `paper`: the true sizes. `compact`: the same architecture for CPUs, tests and the starter model. */
export type Preset = 'paper' | 'compact';

/** What all streams of a preset share; their own sizes stand in their files. */
export interface Sizes {
  /** Width and height of the square that the network sees of a frame. */
  readonly side: number;
  /** What a frame's shorter side is scaled to before that square is cut out. */
  readonly shortSide: number;
  /** Channels of the fusion's convolution. */
  readonly fused: number;
}

/** The sizes of each preset: compact has half the side, and smaller networks whose maps keep the paper's 7×7 and 6×6 places. */
export const presets: Readonly<Record<Preset, Sizes>> = {
  paper: { side: 224, shortSide: 256, fused: 512 },
  compact: { side: 112, shortSide: 128, fused: 128 },
};

/** All presets. */
export const presetNames: readonly Preset[] = Object.keys(presets) as Preset[];

/** @throws InputError unless it is the name of a preset. */
export function presetNamed(name: string): Preset {
  return checkedName('preset', name, presetNames);
}
