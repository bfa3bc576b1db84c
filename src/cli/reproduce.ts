import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { Command } from 'commander';
import { formatTable } from '../evaluation/index.ts';
import {
  isNetwork,
  type ModelName,
  modelNames,
  pretrainedWeights,
  reproduceExperiment,
} from '../experiment/index.ts';
import type { Provider } from '../runtime/node/index.ts';
import { InputError } from '../support/errors.ts';
import { parseConfiguration, type TrainingConfiguration } from '../training/index.ts';
import { computingOptions, oneOf, someOf, wholeNumber } from './arguments.ts';
import { interruptSignal } from './interrupt.ts';
import { ProgressLine, print } from './terminal.ts';

const splits = ['film-disjoint', 'random', 'paper'] as const;

interface ReproduceOptions {
  data: string;
  out?: string;
  config?: string;
  models?: readonly ModelName[];
  split?: (typeof splits)[number];
  cache?: string;
  seed?: number;
  threads?: number;
  provider?: Provider;
  json?: boolean;
}

export function reproduceCommand(): Command {
  const command = new Command('reproduce')
    .description(
      "From a data set to Table 1: prepare its clips, train the paper's network and those it is compared with on the " +
        'same clips, and write report.md. Stopped at any moment, the same call goes on.',
    )
    .requiredOption('-d, --data <folder>', 'the data set (see affectline dataset check)')
    .option('-o, --out <folder>', 'where all results go (default: runs/reproduce)')
    .option('-c, --config <file>', 'keys of all networks that differ from their defaults (see train --keys)')
    .option('--models <names>', `which, of ${modelNames.join(', ')} (default: all)`, someOf(modelNames))
    .option('--split <name>', `${splits.join(', ')} (default: film-disjoint)`, oneOf(splits))
    .option('--cache <folder>', 'where prepared clips are kept (default: clips beside --out)')
    .option('--seed <number>', 'of weights, split, order and crops', wholeNumber(0, 2 ** 31 - 1))
    .option('--json', 'print the figures as one line of JSON')
    .action(reproduce);
  for (const option of computingOptions) command.addOption(option);
  return command;
}

async function reproduce(options: ReproduceOptions): Promise<void> {
  const { data, out: folder = 'runs/reproduce', models = modelNames, cache, threads, provider } = options;
  const progress = new ProgressLine();
  const say = (line: string) => progress.say(line);
  const configuration = configurationOf({ ...options, models }, say);
  const { synthetic, split, findings, table, reading } = await reproduceExperiment(
    { data, folder, configuration, models, cache, threads, provider },
    { signal: interruptSignal(), progress, say },
  );
  if (options.json) {
    const figures = Object.fromEntries(findings.map(({ name, metrics }) => [name, metrics]));
    process.stdout.write(`${JSON.stringify({ folder, synthetic, split: split.name, models: figures })}\n`);
    return;
  }
  print(`${formatTable(table, 'text')}\n${reading.join('\n')}\n\n${join(folder, 'report.md')}\n`);
}

function configurationOf(
  { config, seed, split, models }: ReproduceOptions & { models: readonly ModelName[] },
  say: (line: string) => void,
): TrainingConfiguration {
  if (config && !existsSync(config)) throw new InputError(`${config}: no such file`);
  const text = config ? readFileSync(config, 'utf8') : '';
  const given = parseConfiguration(text, config ?? 'the defaults');
  const configuration = { ...given, ...(seed !== undefined && { seed }), ...(split && { split }) };
  if (configuration.preset !== 'paper' || !models.some(isNetwork)) return configuration;
  return { ...configuration, weights: pretrainedWeights(configuration, say) };
}
