import { type DataSet, type Protocol, testedClips } from '../datasets/index.ts';
import { presets } from '../streams/index.ts';
import type { TrainingConfiguration } from '../training/index.ts';
import { isNetwork, type ModelName } from './models.ts';

export interface Plan {
  readonly dataSet: DataSet;
  readonly protocol: Protocol;
  readonly configuration: TrainingConfiguration;
  readonly models: readonly ModelName[];
  readonly seeds: readonly number[];
}

/** What a reproduction is going to do, said before it begins. */
export function planText({ dataSet, protocol, configuration, models, seeds }: Plan): string {
  const { preset, epochs, batchSize, seed } = configuration;
  const networks = models.filter(isNetwork);
  const [first] = protocol.splits;
  const count = protocol.splits.length;
  const times = [
    ...(seeds.length > 1 ? [`by the seeds ${seeds.join(', ')}`] : []),
    ...(count > 1 ? [`on each of ${count} splits`] : []),
  ].join(' ');
  const others = models.filter((name) => !isNetwork(name));
  const steps = Math.max(1, Math.floor(first!.train.length / batchSize));
  return [
    'plan',
    `  1  prepare ${dataSet.clips.length} clips, short side ${presets[preset].shortSide}: time and disk are said once a few are measured`,
    `  2  train ${networks.length} networks, preset ${preset}: ${networks.join(', ') || 'none'}${times && `, each ${times}`}; each up to ${epochs} epochs of ${steps} steps; time is said after the first epoch`,
    `  3  compute ${others.join(', ') || 'nothing else'}`,
    `  4  predict ${testedClips(protocol).length} test clips with each, compare, write the report`,
    `split ${protocol.name}, seed ${seed}: ${partsText(protocol)}`,
  ].join('\n');
}

/** How many clips learn, stop, calibrate and test; of several splits, from the fewest to the most. */
export function partsText({ splits }: Protocol): string {
  const count = (part: 'train' | 'validation' | 'calibration' | 'test') => {
    const counts = splits.map((split) => split[part].length);
    const [least, most] = [Math.min(...counts), Math.max(...counts)];
    return least === most ? String(least) : `${least} to ${most}`;
  };
  return `${count('train')} clips to learn from, ${count('validation')} to stop by, ${count('calibration')} to calibrate on, ${count('test')} to test`;
}
