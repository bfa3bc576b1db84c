import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { Command, Option } from 'commander';
import { type Dimension, dimensions } from '../affect/index.ts';
import type { InBytes } from '../models/index.ts';
import { InputError } from '../support/errors.ts';
import { checkWritable } from '../support/folders.ts';
import { modelOption, wholeNumber } from './arguments.ts';
import { findFilms } from './films.ts';
import { interruptSignal } from './interrupt.ts';
import { ProgressLine, print } from './terminal.ts';

interface QuantizeOptions {
  model?: string;
  out: string;
  threads?: number;
  overwrite?: boolean;
  json?: boolean;
}

export function quantizeCommand(): Command {
  return new Command('quantize')
    .description(
      'Write a model that is computed in bytes where the processor does so exactly (three times as fast as float32), and\n' +
        'tell how much its answers change. What its networks show of the films given decides how its numbers are kept, so\n' +
        'give films like those that it will be asked about, some dozens of clips; from four on, every fourth is kept apart\n' +
        'and tells the change.',
    )
    .argument('<paths...>', 'films, or folders to be searched for films')
    .addOption(modelOption)
    .requiredOption('-o, --out <folder>', 'the folder of the new model')
    .addOption(
      new Option('--threads <count>', 'processor cores to use (default: all)').argParser(wholeNumber(1, 64)),
    )
    .option('-y, --overwrite', 'overwrite a model that is there')
    .option('--json', 'print what was measured as one line of JSON')
    .action(quantize);
}

async function quantize(paths: string[], options: QuantizeOptions): Promise<void> {
  const { out, threads, overwrite = false, json = false } = options;
  const { films, errors } = findFilms(paths);
  if (errors.length > 0) throw errors[0];
  for (const name of ['model.json', 'model.safetensors', 'README.md'])
    if (existsSync(join(out, name)) && !overwrite)
      throw new InputError(`${join(out, name)} is there already; -y overwrites it`, 'exists');
  checkWritable(out);
  const progress = new ProgressLine();
  const { quantizeModel, starterFolder, writeQuantized } = await import('../analysis/node/index.ts');
  try {
    const quantized = await quantizeModel({
      model: options.model ?? starterFolder,
      films: films.map(({ path }) => path),
      threads,
      signal: interruptSignal(),
      onProgress: (film, done) => progress.show(film, done),
    });
    await writeQuantized(out, quantized);
    progress.clear();
    print(json ? `${JSON.stringify({ folder: out, ...quantized.inBytes })}\n` : told(out, quantized.inBytes));
  } finally {
    progress.clear();
  }
}

function told(folder: string, { films, seconds, change }: InBytes): string {
  const line = (dimension: Dimension) => {
    const { mean, most, mostOfCurve } = change![dimension];
    return `  ${dimension.padEnd(7)}  ${mean.toFixed(4)} in the mean, ${most.toFixed(4)} at most; a point of a curve ${mostOfCurve.toFixed(4)} at most\n`;
  };
  return [
    `${folder}: ranges from ${films} films of ${Math.round(seconds)} s together\n`,
    change
      ? `answers for ${change.films} ${change.apart ? 'other' : 'of the same'} films change, on the scale of the labels, by\n${dimensions.map(line).join('')}`
      : 'this processor does not compute bytes exactly: float32 is computed here, and no change was measured\n',
  ].join('');
}
