import { InputError, unknownName } from '../support/errors.ts';
import type { Convnet5Sizes } from './convnet5.ts';
import type { DenseNetSizes } from './densenet.ts';
import type { SoundNetSizes } from './soundnet.ts';

/** `paper`: the true sizes. `compact`: the same architecture for CPUs, tests and the starter model. */
export type Preset = 'paper' | 'compact';

export interface Sizes {
  /** Width and height of the square that the network sees of a frame. */
  side: number;
  /** What a frame's shorter side is scaled to before that square is cut out. */
  shortSide: number;
  flow: Convnet5Sizes;
  picture: DenseNetSizes;
  sound: SoundNetSizes;
  /** Channels of the fusion's convolution. */
  fused: number;
}

export const presets: Readonly<Record<Preset, Sizes>> = {
  paper: {
    side: 224,
    shortSide: 256,
    flow: { first: { kernel: 11, stride: 4, padding: 2 }, channels: [64, 192, 384, 256, 256] },
    picture: { first: 64, growth: 32, bottleneck: 4, blocks: [6, 12, 24, 16] },
    sound: { channels: [16, 32, 64, 128, 256, 512, 1024] },
    fused: 512,
  },
  // Half the side and a block less in DenseNet, a finer first layer in the ConvNet: the maps keep the paper's 7×7 and
  // 6×6 places. SoundNet keeps its first two layers, which listen, and narrows those that follow.
  compact: {
    side: 112,
    shortSide: 128,
    flow: { first: { kernel: 5, stride: 2, padding: 2 }, channels: [16, 24, 32, 48, 48] },
    picture: { first: 24, growth: 12, bottleneck: 4, blocks: [4, 6, 8] },
    sound: { channels: [16, 32, 48, 64, 96, 128, 192] },
    fused: 128,
  },
};

/** What a network looks at and listens to: motion between frames, the frames themselves, the sound. */
export type Stream = 'flow' | 'picture' | 'sound';
export const streams: readonly Stream[] = ['flow', 'picture', 'sound'];

/** @throws InputError unless it is the name of a preset. */
export function readPreset(name: string): Preset {
  if (!Object.hasOwn(presets, name)) throw unknownName('preset', name, Object.keys(presets));
  return name as Preset;
}

/** Reads `flow,rgb,sound` or part of it (`rgb` and `picture` are the same stream). @throws InputError */
export function readStreams(text: string): Stream[] {
  const names = text.split(',').map((name) => name.trim().replace(/^rgb$/, 'picture'));
  for (const name of names)
    if (!streams.includes(name as Stream)) throw unknownName('stream', name, ['flow', 'rgb', 'sound']);
  if (new Set(names).size < names.length) throw new InputError(`'${text}' names a stream twice`);
  return streams.filter((stream) => names.includes(stream));
}
