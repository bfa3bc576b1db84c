import type { DataSet, Split } from '../datasets/index.ts';
import { presets } from '../streams/index.ts';
import type { TrainingConfiguration } from '../training/index.ts';
import { isNetwork, type ModelName } from './models.ts';

export interface Plan {
  readonly dataSet: DataSet;
  readonly split: Split;
  readonly configuration: TrainingConfiguration;
  readonly models: readonly ModelName[];
}

/** What a reproduction is going to do, said before it begins. */
export function planText({ dataSet, split, configuration, models }: Plan): string {
  const { preset, epochs, batchSize, seed } = configuration;
  const networks = models.filter(isNetwork);
  const others = models.filter((name) => !isNetwork(name));
  const steps = Math.max(1, Math.floor(split.train.length / batchSize));
  return [
    'plan',
    `  1  prepare ${dataSet.clips.length} clips, short side ${presets[preset].shortSide}: time and disk are said once a few are measured`,
    `  2  train ${networks.length} networks, preset ${preset}: ${networks.join(', ') || 'none'}; each up to ${epochs} epochs of ${steps} steps; time is said after the first epoch`,
    `  3  compute ${others.join(', ') || 'nothing else'}`,
    `  4  predict ${split.test.length} test clips with each, compare, write the report`,
    `split ${split.name}, seed ${seed}: ${split.train.length} clips to learn from, ${split.validation.length} to stop by, ${split.calibration.length} to calibrate on, ${split.test.length} to test`,
  ].join('\n');
}
