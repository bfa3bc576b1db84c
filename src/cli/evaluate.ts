import { existsSync } from 'node:fs';
import { basename, join } from 'node:path';
import { Command } from 'commander';
import { type Dimension, dimensions } from '../affect/index.ts';
import type { RatedFilm } from '../evaluation/index.ts';
import { InputError } from '../support/errors.ts';
import { writeAtomically } from '../support/files.ts';
import { checkWritable } from '../support/folders.ts';
import { computingOptions, modelOption } from './arguments.ts';
import { interruptSignal } from './interrupt.ts';
import { type RatedFilmOptions, ratedFilms } from './rated-films.ts';
import { ProgressLine } from './terminal.ts';

interface EvaluateOptions extends RatedFilmOptions {
  model?: string;
  out?: string;
  json?: boolean;
  overwrite?: boolean;
  threads?: number;
}

export function evaluateCommand(): Command {
  const command = new Command('evaluate')
    .description(
      "Set a model's curves against people's ratings of the same films: Pearson's r, at no lag and at the best of 0 to\n" +
        '8 s, CCC, within films and between films, with 95% intervals, beside loudness, change from frame to frame, the\n' +
        'place in the film, and a constant. For each film a picture of both curves: film.ratings.png in --out.',
    )
    .argument('<paths...>', 'films, or folders to be searched for films')
    .requiredOption(
      '-r, --ratings <path>',
      'a file or folder of ratings: CSV (time,valence,arousal or valence_<rater>), Emo-FilM, studyforrest, MediaEval, …',
    )
    .addOption(modelOption)
    .option('-o, --out <folder>', 'write the pictures there (default: none)')
    .option('--frame-rate <rate>', 'frames a second of ratings that count frames (VEATIC; default: 25)')
    .option('--json', 'print the figures as JSON on stdout')
    .option('-y, --overwrite', 'write over pictures that are there')
    .addHelpText(
      'after',
      '\nA film and its ratings go together by name, letters and digits alone; one film and one rating do in any case.' +
        '\n\nExit codes: 0 evaluated, 1 a film or ratings could not be used, 2 wrong usage',
    )
    .action(evaluateFilms);
  for (const option of computingOptions) command.addOption(option);
  return command;
}

async function evaluateFilms(paths: string[], options: EvaluateOptions): Promise<void> {
  const pairs = ratedFilms(paths, options);
  const films = [...pairs.keys()];
  if (options.out !== undefined && !existsSync(options.out))
    throw new InputError(`${options.out}: no such folder`);
  if (options.out !== undefined) checkWritable(options.out);
  const pictures = new Map(
    films.map((film) => [film, options.out && join(options.out, `${basename(film.path)}.ratings.png`)]),
  );
  for (const picture of pictures.values())
    if (picture && !options.overwrite && existsSync(picture))
      throw new InputError(`${picture} is there already; -y writes over it`);

  const progress = new ProgressLine();
  const signal = interruptSignal();
  const { openAnalyzer } = await import('../analysis/node/index.ts');
  const { filmSignals } = await import('../clips/index.ts');
  const { onModelScale } = await import('../experiment/index.ts');
  const { evaluateCurves, formatTable, curveTable, sampledPair } = await import('../evaluation/index.ts');
  const rated: Record<Dimension, RatedFilm[]> = { valence: [], arousal: [] };
  const analyzer = await openAnalyzer(options);
  try {
    for (const [film, labels] of pairs) {
      const { curve, warnings, model } = await analyzer.analyze(film.path, {
        signal,
        onProgress: (done) => progress.show(film.path, done),
      });
      for (const warning of warnings) progress.say(`${film.path}: ${warning}`);
      const { times, loudness, change } = await filmSignals(film.path, { signal });
      for (const dimension of dimensions) {
        const track = labels.tracks.get(dimension);
        if (!track) continue;
        rated[dimension].push({
          film: film.path,
          ratings: { times: labels.times, values: onModelScale(track.mean, labels.scale, model.scale) },
          predictors: {
            model: { times: curve.map(({ time }) => time), values: curve.map((point) => point[dimension]) },
            loudness: { times, values: loudness },
            change: { times, values: change },
          },
        });
      }
    }
  } finally {
    progress.clear();
    await analyzer.close();
  }

  const isScaled = [...pairs.values()].every(({ scale }) => scale !== undefined);
  const results = dimensions
    .filter((dimension) => rated[dimension].length > 0)
    .map((dimension) => ({ dimension, scores: evaluateCurves(rated[dimension], isScaled ? ['model'] : []) }));
  if (results.length === 0) throw new InputError(`'${options.ratings}' rates neither valence nor arousal`);
  for (const film of pairs.keys()) {
    const picture = pictures.get(film);
    if (!picture) continue;
    const { drawRatedCurves } = await import('../experiment/index.ts');
    const curves = dimensions.flatMap((dimension) => {
      const found = rated[dimension].find((each) => each.film === film.path);
      return found ? [{ dimension, ...sampledPair(found, 'model') }] : [];
    });
    await writeAtomically(picture, await drawRatedCurves(basename(film.path), curves));
  }
  const kinds = [...new Set([...pairs.values()].map(({ kind }) => kind))];
  if (options.json)
    process.stdout.write(
      `${JSON.stringify({ films: [...pairs.keys()].map(({ path }) => path), kinds, ...Object.fromEntries(results.map(({ dimension, scores }) => [dimension, scores])) })}\n`,
    );
  else
    for (const { dimension, scores } of results)
      process.stdout.write(
        `${formatTable(curveTable(dimension, scores, rated[dimension].length, kinds), 'text')}\n`,
      );
}
