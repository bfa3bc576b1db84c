import {
  constantQNetwork,
  constantQWindows,
  type SoundNetSizes,
  soundnet,
  soundnetWindows,
  yamnet,
  yamnetWindows,
} from '../networks/index.ts';
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
  written: 'the samples, mono, −1 … 1',
  map: (x, layers, { preset, soundLayer }) => soundnet(x, layers, soundSizes[preset], soundLayer),
  windows: ({ soundLayer }) => soundnetWindows(soundLayer),
  pretrained: 'soundnet',
};

/** YAMNet has one size, whatever the preset, and takes what SoundNet takes. */
const yamNet: Backbone<'waveform'> = {
  about: 'YAMNet up to its last map, a column for each 0.48 s (Plakal & Ellis 2020)',
  inputShape: soundNet.inputShape,
  write: soundNet.write,
  ...(soundNet.written && { written: soundNet.written }),
  map: (x, layers) => yamnet(x, layers),
  windows: () => yamnetWindows,
  pretrained: 'yamnet',
};

/** Of one size, too: for training from scratch, where SoundNet would have to learn first what a tone is. */
const constantQ: Backbone<'waveform'> = {
  about: 'a ConvNet of five layers over a constant-Q transform (Brown 1991)',
  inputShape: soundNet.inputShape,
  write: soundNet.write,
  ...(soundNet.written && { written: soundNet.written }),
  map: (x, layers) => constantQNetwork(x, layers),
  windows: () => constantQWindows,
};

/** What is heard. */
export const sound: Stream<'waveform'> = {
  name: 'sound',
  aliases: [],
  about: 'the waveform',
  takes: 'waveform',
  backbones: { soundnet: soundNet, yamnet: yamNet, 'constant-q': constantQ },
  trained: false,
};
