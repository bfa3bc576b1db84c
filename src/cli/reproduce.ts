import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { Command } from 'commander';
import { isFolds, type SplitName, splitNames } from '../datasets/index.ts';
import { formatTable } from '../evaluation/index.ts';
import {
  type Finding,
  isSeeded,
  type ModelName,
  modelNames,
  preparationJobs,
  pretrainedWeights,
  reproduceExperiment,
  trainingJobs,
  usualModels,
} from '../experiment/index.ts';
import type { JobQueue, Worker } from '../jobs/index.ts';
import type { Provider } from '../runtime/node/index.ts';
import { InputError } from '../support/errors.ts';
import { parseConfiguration, type TrainingConfiguration } from '../training/index.ts';
import { computingOptions, oneOf, someOf, wholeNumber } from './arguments.ts';
import { interruptSignal } from './interrupt.ts';
import { type PlaceOptions, placeOptions, withLibrary } from './library-place.ts';
import { ProgressLine, print } from './terminal.ts';

interface ReproduceOptions extends PlaceOptions {
  data: string;
  out?: string;
  config?: string;
  models?: readonly ModelName[];
  split?: SplitName;
  testOn?: string;
  cache?: string;
  store?: string;
  seed?: number;
  seeds?: number;
  threads?: number;
  provider?: Provider;
  jobs?: boolean;
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
    .option(
      '--models <names>',
      `which, of ${modelNames.join(', ')} (default: all but ${modelNames.filter((name) => !usualModels.includes(name)).join(', ')})`,
      someOf(modelNames),
    )
    .option('--split <name>', `${splitNames.join(', ')}, folds:K (default: film-disjoint)`, splitName)
    .option('--test-on <folder>', 'another data set: tested on, never trained on')
    .option(
      '--cache <place>',
      'where prepared clips are kept: a folder, or s3://bucket/prefix (default: clips in --store, else beside --out)',
    )
    .option(
      '--store <address>',
      's3://bucket/prefix: results are kept there, too, so that workers and --out need no folder in common',
    )
    .option('--seed <number>', 'of weights, split, order and crops', wholeNumber(0, 2 ** 31 - 1))
    .option(
      '--seeds <count>',
      'train each network so often, by --seed and those after it, on the same split (default: 1)',
      wholeNumber(1, 100),
    )
    .option(
      '--jobs',
      'prepare and train by the queue of a library: of --library in this process, of --database by its workers',
    )
    .option('--json', 'print the figures as one line of JSON')
    .action(reproduce);
  for (const option of [...placeOptions, ...computingOptions]) command.addOption(option);
  return command;
}

async function reproduce(options: ReproduceOptions): Promise<void> {
  const { data, out: folder = 'runs/reproduce', models = usualModels, cache, seeds = 1 } = options;
  const { testOn, store, threads, provider } = options;
  const progress = new ProgressLine();
  const say = (line: string) => progress.say(line);
  const configuration = configurationOf({ ...options, models }, say);
  const reporting = { signal: interruptSignal(), progress, say };
  const experiment = { data, folder, configuration, models, seeds, testOn, cache, store, threads, provider };
  const { synthetic, protocol, findings, table, overSeeds, foreign, reading } = options.jobs
    ? await withQueue(options, (queue) => reproduceExperiment({ ...experiment, queue }, reporting))
    : await reproduceExperiment(experiment, reporting);
  if (options.json) {
    const testedOn = foreign.map(({ name, findings: there }) => ({ name, ...figuresOf(there) }));
    const figures = { ...figuresOf(findings), ...(testedOn.length > 0 && { testOn: testedOn }) };
    process.stdout.write(`${JSON.stringify({ folder, synthetic, split: protocol.name, ...figures })}\n`);
    return;
  }
  const tables = [table, overSeeds, ...foreign.flatMap(({ tables: own }) => [own.table, own.overSeeds])];
  const shown = tables.flatMap((each) => (each ? [formatTable(each, 'text')] : []));
  print(`${shown.join('\n')}\n${reading.join('\n')}\n\n${join(folder, 'report.md')}\n`);
}

/** Does something with a library's queue; where the library belongs to this process alone, it works its jobs, too. */
async function withQueue<Result>(
  options: ReproduceOptions,
  use: (queue: JobQueue) => Promise<Result>,
): Promise<Result> {
  const { openJobs, work } = await import('../jobs/index.ts');
  const { database } = options;
  return await withLibrary(options, async (library) => {
    const queue = await openJobs(library);
    const workers: Worker[] = [];
    try {
      if (database === undefined) {
        workers.push(await work(queue, preparationJobs));
        workers.push(await work(queue, trainingJobs()));
      }
      return await use(queue);
    } finally {
      for (const worker of workers) await worker.stop();
      await queue.close();
    }
  });
}

/** Metrics of every model, and over seeds where there are several. */
function figuresOf(findings: readonly Finding[]) {
  const models = Object.fromEntries(findings.map(({ name, metrics }) => [name, metrics]));
  const seeds = findings.flatMap(({ name, overSeeds }) => (overSeeds ? [[name, overSeeds.spread]] : []));
  return { models, ...(seeds.length > 0 && { overSeeds: Object.fromEntries(seeds) }) };
}

function splitName(given: string): SplitName {
  return isFolds(given) ? given : oneOf([...splitNames, 'folds:5'] as const)(given);
}

function configurationOf(
  { config, seed, split, models }: ReproduceOptions & { models: readonly ModelName[] },
  say: (line: string) => void,
): TrainingConfiguration {
  if (config && !existsSync(config)) throw new InputError(`${config}: no such file`);
  const text = config ? readFileSync(config, 'utf8') : '';
  const given = parseConfiguration(text, config ?? 'the defaults');
  const configuration = { ...given, ...(seed !== undefined && { seed }), ...(split && { split }) };
  if (configuration.preset !== 'paper' || !models.some(isSeeded)) return configuration;
  return { ...configuration, weights: pretrainedWeights(configuration, say) };
}
