import { existsSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { Command } from 'commander';
import { syntheticMark } from '../datasets/index.ts';
import type { Provider } from '../runtime/node/index.ts';
import { InputError } from '../support/errors.ts';
import { checkWritable } from '../support/folders.ts';
import { computingOptions, modelOption, oneOf, runName, wholeNumber } from './arguments.ts';
import { interruptSignal } from './interrupt.ts';
import { type RatedFilmOptions, ratedFilms } from './rated-films.ts';
import { ProgressLine, print } from './terminal.ts';

interface TrainCurveOptions extends RatedFilmOptions {
  model?: string;
  name?: string;
  out?: string;
  loss?: 'mse' | 'ccc';
  causal?: boolean;
  seed?: number;
  threads?: number;
  provider?: Provider;
  json?: boolean;
}

export function trainCurveCommand(): Command {
  const command = new Command('train-curve')
    .description(
      "Train a head over time on people's ratings of films, second by second, from the features of a trained model, " +
        'which stay as they are. It is compared with the mean-linear head, the place in the film and smoothing, on ' +
        'films left out (report.md in runs/NAME); the model that it makes is in runs/NAME/best.',
    )
    .argument('<paths...>', 'films, or folders to be searched for films; at least five')
    .requiredOption(
      '-r, --ratings <path>',
      'a file or folder of ratings: CSV (time,valence,arousal or valence_<rater>), MediaEval, LIRIS-ACCEDE, …',
    )
    .addOption(modelOption)
    .option('-n, --name <name>', 'of the run and its model (default: curve)', runName)
    .option('-o, --out <folder>', 'where runs are kept, and what was made of each film (default: runs)')
    .option('--loss <name>', 'what it is trained by, mse or ccc (default: ccc)', oneOf(['mse', 'ccc']))
    .option('--causal', 'each second sees those before it alone')
    .option('--seed <number>', 'of weights, folds and order', wholeNumber(0, 2 ** 31 - 1))
    .option('--frame-rate <rate>', 'frames a second of ratings that count frames (VEATIC; default: 25)')
    .option('--json', 'print the figures as one line of JSON')
    .addHelpText('after', '\nA film and its ratings go together by name, letters and digits alone.')
    .action(trainCurve);
  for (const option of computingOptions) command.addOption(option);
  return command;
}

async function trainCurve(paths: string[], options: TrainCurveOptions): Promise<void> {
  const { name = 'curve', out = 'runs', loss = 'ccc', causal = false, seed = 0, json } = options;
  const folder = join(out, name);
  if (existsSync(join(folder, 'report.md')))
    throw new InputError(`${folder} holds a run already; --name gives another`);
  checkWritable(folder);
  const pairs = ratedFilms(paths, options);
  const progress = new ProgressLine();
  const signal = interruptSignal();
  const { openAnalyzer, readModel, starterFolder } = await import('../analysis/node/index.ts');
  const { curveReady, ratedSeconds, trainCurves } = await import('../experiment/index.ts');
  const { formatTable } = await import('../evaluation/index.ts');
  const { nodeRuntime } = await import('../runtime/node/index.ts');
  const place = options.model ?? starterFolder;
  const model = await readModel(place);
  curveReady(model, pairs.size);
  const analyzer = await openAnalyzer({ ...options, model: place });
  try {
    const films = [];
    for (const [film, labels] of pairs)
      films.push(
        await ratedSeconds(film.path, labels, {
          ...{ analyzer, cache: join(out, 'seconds'), signal },
          onProgress: (path, done) => progress.show(path, done),
        }),
      );
    const { findings, table, reading, best } = await trainCurves({
      ...{ model, films, name, folder, causal, loss, seed, signal },
      synthetic: isSynthetic(options.ratings),
      kinds: [...new Set([...pairs.values()].map(({ kind }) => kind))],
      runtime: nodeRuntime({ threads: 1 }),
      onProgress: (label, done) => progress.show(label, done),
    });
    progress.clear();
    if (json) {
      const heads = Object.fromEntries(
        findings.map(({ name: own, figures, against }) => [own, { ...figures, ...(against && { against }) }]),
      );
      process.stdout.write(`${JSON.stringify({ folder, best, heads })}\n`);
    } else
      print(
        `${formatTable(table, 'text')}\n${reading.join('\n')}\n\n${join(folder, 'report.md')}\nto use it: affectline analyze FILM --model ${best}\n`,
      );
  } finally {
    progress.clear();
    await analyzer.close();
  }
}

/** Whether ratings are those of synthetic films: their folder, or the one above, says so. */
function isSynthetic(ratings: string): boolean {
  const path = resolve(ratings);
  return [path, dirname(path), dirname(dirname(path))].some((folder) =>
    existsSync(join(folder, syntheticMark)),
  );
}
