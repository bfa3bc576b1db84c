import { type SoundNetSizes, soundnet, soundnetWindows } from '../networks/index.ts';
import type { Preset } from './presets.ts';
import type { Backbone, Stream } from './stream.ts';

/** SoundNet-8; the small one keeps its first two layers, which listen, and narrows those that follow. */
export const soundSizes: Readonly<Record<Preset, SoundNetSizes>> = {
  paper: { channels: [16, 32, 64, 128, 256, 512, 1024] },
  compact: { channels: [16, 32, 48, 64, 96, 128, 192] },
};

const soundNet: Backbone<'waveform'> = {
  about: 'SoundNet-8 up to conv7, or to pool5 (Aytar et al. 2016)',
  inputShape: (_, samples) => [1, samples, 1],
  write: (samples, input) => input.set(samples),
  map: (x, layers, { preset, soundLayer }) => soundnet(x, layers, soundSizes[preset], soundLayer),
  windows: ({ soundLayer }) => soundnetWindows(soundLayer),
  pretrained: 'soundnet',
};

/** What is heard. */
export const sound: Stream<'waveform'> = {
  name: 'sound',
  aliases: [],
  about: 'the waveform',
  takes: 'waveform',
  backbones: { soundnet: soundNet },
  trained: false,
};
