import { existsSync, readFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { Command } from 'commander';
import { dataSetFor, openDataSet, splitNamed } from '../datasets/index.ts';
import { clipFolder, preparedClips, startingConfiguration, trainedOn } from '../experiment/index.ts';
import { InputError } from '../support/errors.ts';
import { checkWritable } from '../support/folders.ts';
import { initialParameters, openClips } from '../training/index.ts';
import { wholeNumber } from './arguments.ts';
import { interruptSignal } from './interrupt.ts';
import { ProgressLine, print } from './terminal.ts';

interface ExportTrainingOptions {
  torch: string;
  data: string;
  config?: string;
  cache?: string;
  seed?: number;
  overwrite?: boolean;
  json?: boolean;
}

export function exportTrainingCommand(): Command {
  return new Command('export-training')
    .description(
      'Write a training for PyTorch: an index of the prepared clips, the batches of all steps, the network as a graph ' +
        'and its weights, from which examples/torch/train.py trains in any number of processes (docs/hand-over.md).',
    )
    .requiredOption('--torch <folder>', 'where to write it')
    .requiredOption('-d, --data <folder>', 'the data set (see affectline dataset check)')
    .option('-c, --config <file>', 'a YAML file with the keys of affectline train --keys')
    .option(
      '--cache <place>',
      'where prepared clips are kept: a folder, or s3://bucket/prefix (default: clips in the folder of the training)',
    )
    .option('--seed <number>', 'of weights, split, order and crops', wholeNumber(0, 2 ** 31 - 1))
    .option('-y, --overwrite', 'overwrite what is there')
    .option('--json', 'print what was written as one line of JSON')
    .action(exportTraining);
}

async function exportTraining(options: ExportTrainingOptions): Promise<void> {
  const { torch: folder, data, config, cache: place = join(folder, 'clips'), seed } = options;
  if (existsSync(join(folder, 'training.json')) && !options.overwrite)
    throw new InputError(`${folder} holds a training already; -y overwrites it`, 'exists');
  if (config !== undefined && !existsSync(config))
    throw new InputError(`${config}: no such file`, 'not-found');
  for (const own of [folder, clipFolder(place)]) checkWritable(own);
  const progress = new ProgressLine();
  const say = (line: string) => progress.say(line);
  const text = config === undefined ? '' : readFileSync(config, 'utf8');
  const started = await startingConfiguration(text, config ?? 'the defaults', say);
  const configuration = seed === undefined ? started : { ...started, seed };
  const dataSet = dataSetFor(configuration.split, openDataSet(data));
  const split = splitNamed(configuration.split, dataSet.clips, configuration.seed);
  const cache = await preparedClips(dataSet, configuration, place, {
    ...{ signal: interruptSignal(), progress, say },
  });
  const clips = await openClips(split.train, cache);
  const validation = await openClips(split.validation, cache);
  const { writeTorchTraining } = await import('../exports/index.ts');
  const steps = await writeTorchTraining(folder, {
    ...{ configuration, clips, validation },
    parameters: await initialParameters(configuration),
    model: {
      name: basename(folder),
      trained: trainedOn(dataSet, split),
      synthetic: Boolean(dataSet.synthetic),
      preprocessing: cache.preprocessing,
    },
  });
  const summary = { folder, clips: clips.length, steps };
  print(
    options.json
      ? `${JSON.stringify(summary)}\n`
      : `${folder}: ${clips.length} clips, ${steps} steps\nto train: torchrun --nproc_per_node N examples/torch/train.py ${folder}\n`,
  );
}
