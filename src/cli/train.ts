import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { Command } from 'commander';
import { dataSetFor, openDataSet, protocolOf, splitNamed } from '../datasets/index.ts';
import { constant, evaluate, leakTest, leakText, metricNames } from '../evaluation/index.ts';
import {
  clipFolder,
  preparedClips,
  startingConfiguration,
  trainAndPredict,
  writeCard,
} from '../experiment/index.ts';
import type { Provider } from '../runtime/node/index.ts';
import { InputError } from '../support/errors.ts';
import { checkWritable } from '../support/folders.ts';
import {
  configurationHelp,
  configurationText,
  parseConfiguration,
  type TrainingConfiguration,
} from '../training/index.ts';
import { computingOptions, namesIn, runName, streamsOf, wholeNumber } from './arguments.ts';
import { UsageError } from './failure.ts';
import { interruptSignal } from './interrupt.ts';
import { ProgressLine, print } from './terminal.ts';

interface TrainOptions {
  data?: string;
  config?: string;
  streams?: string[];
  name?: string;
  out?: string;
  cache?: string;
  resume?: boolean;
  seed?: number;
  threads?: number;
  provider?: Provider;
  keys?: boolean;
  json?: boolean;
}

export function trainCommand(): Command {
  const command = new Command('train')
    .description(
      'Train a network on a data set: config.yaml, results.csv, metrics.jsonl, TensorBoard events, the best model and ' +
        'a checkpoint in runs/NAME, then the predictions for the test clips. Stopped at any moment, --resume goes on.',
    )
    .option('-d, --data <folder>', 'the data set (see affectline dataset check)')
    .option('-c, --config <file>', 'a YAML file with the keys of --keys that differ from their defaults')
    .option(
      '--streams <names>',
      'what the network sees and hears, with commas between (default: as the configuration says)',
      namesIn,
    )
    .option('-n, --name <name>', 'of the run and its model (default: train)', runName)
    .option('-o, --out <folder>', 'where runs are kept (default: runs)')
    .option(
      '--cache <place>',
      'where prepared clips are kept: a folder, or s3://bucket/prefix (default: clips in the folder of runs)',
    )
    .option('--resume', 'go on with the run of this name, by its own configuration')
    .option('--seed <number>', 'of weights, split, order and crops', wholeNumber(0, 2 ** 31 - 1))
    .option('--keys', 'print every key of a configuration, with its default and meaning')
    .option('--json', 'print the result as one line of JSON')
    .action(trainNetwork);
  for (const option of computingOptions) command.addOption(option);
  return command;
}

async function trainNetwork(options: TrainOptions): Promise<void> {
  if (options.keys) {
    process.stdout.write(configurationHelp());
    return;
  }
  if (!options.data) throw new UsageError('name a data set: affectline train --data FOLDER');
  const { data, name = 'train', out = 'runs' } = options;
  const folder = join(out, name);
  const progress = new ProgressLine();
  const say = (line: string) => progress.say(line);
  const streams = options.streams && (await streamsOf(options.streams));
  const configuration = await configurationOf({ ...options, ...(streams && { streams }) }, folder, say);
  const prepared = options.cache ?? join(out, 'clips');
  for (const place of [folder, clipFolder(prepared)]) checkWritable(place);
  const dataSet = dataSetFor(configuration.split, openDataSet(data));
  const split = splitNamed(configuration.split, dataSet.clips, configuration.seed);
  const reporting = { signal: interruptSignal(), progress, say };
  const cache = await preparedClips(dataSet, configuration, prepared, reporting);
  const { threads, provider } = options;
  const { test: predictions } = await trainAndPredict({
    ...reporting,
    dataSet,
    split,
    cache,
    configuration,
    folder,
    threads,
    provider,
  });

  await writeCard(join(folder, 'best'), { dataSet, split, configuration, test: predictions });
  const floor = constant(split.train, split.test);
  const leak = split.filmDisjoint ? undefined : leakTest(protocolOf(split));
  const results = { model: evaluate(split.test, predictions), constant: evaluate(split.test, floor) };
  if (options.json) {
    process.stdout.write(
      `${JSON.stringify({ folder, split: split.name, synthetic: dataSet.synthetic, ...results, leak })}\n`,
    );
    return;
  }
  const row = (name: string, { valence, arousal }: (typeof results)['model']) =>
    [
      name.padEnd(18),
      ...[valence, arousal].flatMap((of) => metricNames.map((metric) => of[metric].toFixed(3).padStart(8))),
    ].join('');
  const header = ['valence', 'arousal']
    .flatMap(() => metricNames.map((metric) => metric.padStart(8)))
    .join('');
  print(
    `${split.test.length} test clips, split ${split.name}${dataSet.synthetic ? ', synthetic films' : ''}\n` +
      `${''.padEnd(18)}${'valence'.padStart(8 * metricNames.length)}${'arousal'.padStart(8 * metricNames.length)}\n` +
      `${''.padEnd(18)}${header}\n${row(name, results.model)}\n${row('constant', results.constant)}\n${leak ? `${leakText(leak)}\n` : ''}${folder}\nto use it: affectline analyze FILM --model ${join(folder, 'best')}\n`,
  );
}

function readConfig(file: string): string {
  if (!existsSync(file)) throw new InputError(`${file}: no such file`);
  return readFileSync(file, 'utf8');
}

async function configurationOf(
  { config, resume, seed, streams }: TrainOptions,
  folder: string,
  say: (line: string) => void,
): Promise<TrainingConfiguration> {
  const own = join(folder, 'config.yaml');
  const over = { ...(streams && { streams }) };
  if (resume) {
    if (!existsSync(own)) throw new InputError(`${folder} holds no run to go on with`);
    const configuration = parseConfiguration(readFileSync(own, 'utf8'), own);
    const wished = config ? await startingConfiguration(readConfig(config), config, () => {}) : configuration;
    if (
      configurationText({ ...wished, ...over, seed: seed ?? wished.seed }) !==
      configurationText(configuration)
    )
      throw new InputError(
        `${folder} was begun with another configuration than ${config ?? (streams ? `--streams ${streams.join(',')}` : `--seed ${seed}`)} says; --name gives a new run`,
      );
    return configuration;
  }
  if (existsSync(own))
    throw new InputError(`${folder} holds a run already; --resume goes on with it, --name gives another`);
  const configuration = await startingConfiguration(
    config ? readConfig(config) : '',
    config ?? 'the defaults',
    say,
    over,
  );
  return seed === undefined ? configuration : { ...configuration, seed };
}
