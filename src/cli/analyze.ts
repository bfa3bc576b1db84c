import { existsSync } from 'node:fs';
import { Command, Option } from 'commander';
import { elicited, type FilmAffect, modelWarnings } from '../affect/index.ts';
import type { Analyzer } from '../analysis/node/index.ts';
import type { DecodingProcess } from '../media/index.ts';
import { expectPicture, FilmStrip, formats, modelName, toJsonLine } from '../results/index.ts';
import type { Provider } from '../runtime/node/index.ts';
import { contentHashOf } from '../support/content-hash.ts';
import { checkWritable } from '../support/folders.ts';
import { inOrder } from '../support/in-order.ts';
import { printable, printableName } from '../support/printable.ts';
import { type Shard, shardOf } from '../support/shard.ts';
import {
  computingOptions,
  modelOption,
  namesIn,
  oneOf,
  shard,
  someOf,
  streamsOf,
  wholeNumber,
} from './arguments.ts';
import { exitCodes } from './exit-codes.ts';
import { messageOf, showStack } from './failure.ts';
import { type FilmFile, findFilms } from './films.ts';
import { interruptSignal } from './interrupt.ts';
import {
  type AnswerRequest,
  checkNames,
  earlierResult,
  foldersOf,
  pathsOf,
  type ResultFiles,
  resultFiles,
  writeResult,
} from './results.ts';
import { ProgressLine, styled } from './terminal.ts';

const presets = ['paper', 'compact'] as const;
// 48 hours, named here, so that help need not load the media module
const longestFilm = 172_800;
const mostTracks = 1000;
const formatNames = formats.map(({ name }) => name);
const usual = ['json', 'csv', 'png'];
/** Films in work at a time: while one is decoded, the networks compute another. */
const filmsAtOnce = 2;
/** Films in work, or done while those before them are not: their answers wait. */
const filmsAhead = 16;
const decoders = ['auto', 'node-av', 'ffmpeg'] as const;

interface AnalyzeOptions {
  out?: string;
  formats?: string[];
  json?: boolean;
  streams?: string[];
  model?: string;
  preset?: (typeof presets)[number];
  decoder?: (typeof decoders)[number];
  videoTrack?: number;
  audioTrack?: number;
  maxDuration?: number;
  timeout?: number;
  threads?: number;
  provider?: Provider;
  shard?: Shard;
  overwrite?: boolean;
}

export function analyzeCommand(): Command {
  const command = new Command('analyze')
    .description(
      'Say how films make people feel: what viewers are expected to feel, not what faces in them show. Beside each ' +
        'film (or in --out) it writes film.affect.json, .csv and .png: valence and arousal of the whole film, and as ' +
        'a curve of one point a second.',
    )
    .argument('<paths...>', 'films, or folders to be searched for films')
    .option('-o, --out <folder>', 'write the results there')
    .option(
      '--formats <names>',
      `what to write, of ${formatNames.join(',')} (default: ${usual.join(',')})`,
      someOf(formatNames),
    )
    .option('--json', 'print each result as one line of JSON')
    .option(
      '--streams <names>',
      "what to look at and listen to, with commas between: picture,sound (default: all of the model's)",
      namesIn,
    )
    .addOption(modelOption)
    .addOption(
      new Option(
        '--preset <name>',
        'untrained networks of this size, paper or compact; for tests: the numbers mean nothing',
      )
        .argParser(oneOf(presets))
        .conflicts('model'),
    )
    .option(
      '--decoder <name>',
      'what reads the films: auto, node-av or ffmpeg (default: auto)',
      oneOf(decoders),
    )
    .option(
      '--video-track <number>',
      'the picture to take, from 1 (default: the best that moves and can be decoded)',
      wholeNumber(1, mostTracks),
    )
    .option(
      '--audio-track <number>',
      'the sound to take, from 1 (default: the best that can be decoded and is not silent)',
      wholeNumber(1, mostTracks),
    )
    .option(
      '--max-duration <seconds>',
      'refuse longer films (default: 48 hours)',
      wholeNumber(1, longestFilm),
    )
    .option('--timeout <seconds>', 'give up a film that takes longer', wholeNumber(1, 1_000_000))
    .option(
      '--shard <k/n>',
      'only the k-th of n parts of the films, for n calls side by side, on one machine or many',
      shard,
    )
    .option(
      '-y, --overwrite',
      'overwrite results that are there; without it, films that have the same one are skipped',
    )
    .action(analyzeFilms);
  for (const option of computingOptions) command.addOption(option);
  return command;
}

async function analyzeFilms(paths: string[], options: AnalyzeOptions): Promise<void> {
  const streams = options.streams && (await streamsOf(options.streams));
  const { films: all, errors } = findFilms(paths);
  // named among all films, so that every shard gives them the same names
  const wanted = formats.filter(({ name }) => (options.formats ?? usual).includes(name));
  const files = resultFiles(all, wanted, options.out);
  const films = options.shard ? shardOf(all, options.shard, ({ place }) => place) : all;
  const signal = interruptSignal();
  const progress = new ProgressLine();
  const say = (line: string) => progress.say(line);
  for (const error of errors) say(`affectline: ${error.message}`);
  if (films.length > 0) for (const folder of foldersOf(files.values())) checkWritable(folder);
  let failures = errors.length;
  const { decoder = 'auto', videoTrack, audioTrack } = options;
  const first = films[0] && (await decoderFor(films[0], files, options));
  if (wanted.some(({ name }) => name === 'png')) expectPicture();
  const { openAnalyzer } = await import('../analysis/node/index.ts');
  const analyzer = await openAnalyzer({ ...options, ...(streams && { streams }) }).catch(async (error) => {
    await first?.close();
    throw error;
  });
  const asked = {
    decoder,
    ...(videoTrack !== undefined && { videoTrack }),
    ...(audioTrack !== undefined && { audioTrack }),
  };
  const told = new Set<string>();
  /** The film whose outcome is told next: its progress is shown. */
  let turn = 0;
  const analyzeInTurn = async (film: FilmFile, index: number): Promise<Outcome> => {
    const target = files.get(film)!;
    const label = films.length > 1 ? `${film.path} (${index + 1} of ${films.length})` : film.path;
    const limit = options.timeout === undefined ? undefined : AbortSignal.timeout(1000 * options.timeout);
    try {
      checkNames(target);
      const request = async (): Promise<AnswerRequest> => ({
        contentHash: await contentHashOf(film.path, signal),
        model: analyzer.model.description,
        options: { streams: analyzer.streams, ...asked },
      });
      const earlier = options.overwrite ? undefined : await earlierResult(film, target, request);
      if (earlier !== undefined) return { kind: 'skipped', film, earlier };
      const affect = await analyzeFilm(analyzer, film.path, target, {
        ...asked,
        ...(first && index === 0 && { process: first }),
        ...(options.maxDuration !== undefined && { maximumDuration: options.maxDuration }),
        signal: limit ? AbortSignal.any([signal, limit]) : signal,
        onProgress: (done) => index === turn && progress.show(label, done),
      });
      return { kind: 'analyzed', film, affect };
    } catch (error) {
      signal.throwIfAborted();
      return { kind: 'failed', film, error, late: limit?.aborted ?? false };
    }
  };
  const tell = (outcome: Outcome) => {
    const { film } = outcome;
    const target = files.get(film)!;
    if (outcome.kind === 'skipped') {
      say(`${film.path}: skipped, for ${target.stem}.json is there already; -y analyzes it again`);
      if (options.json) process.stdout.write(`${outcome.earlier.trimEnd()}\n`);
    } else if (outcome.kind === 'analyzed') {
      const { affect } = outcome;
      // what is true of every film is told with the first
      for (const warning of affect.warnings) if (!told.has(warning)) say(`${film.path}: ${warning}`);
      for (const warning of modelWarnings(affect.model)) told.add(warning);
      for (const { reason } of affect.unknown) say(`${film.path}: ${reason}`);
      progress.clear();
      process.stdout.write(options.json ? toJsonLine(affect) : summary(affect, target));
    } else {
      const message = outcome.late
        ? `given up after ${options.timeout} s (--timeout)`
        : messageOf(outcome.error);
      say(`affectline: ${message.includes(film.path) ? '' : `${film.path}: `}${message}`);
      showStack(outcome.error);
      failures++;
    }
  };
  // a limit of time is for a film that has the machine to itself
  const atOnce = options.timeout === undefined ? filmsAtOnce : 1;
  try {
    for await (const outcome of inOrder(films, { atOnce, ahead: filmsAhead }, analyzeInTurn)) {
      tell(outcome);
      turn++;
    }
  } finally {
    progress.clear();
    await first?.close();
    await analyzer.close();
  }
  if (failures > 0) process.exitCode = exitCodes.badInput;
}

/** What became of a film. */
type Outcome = { readonly film: FilmFile } & (
  | { readonly kind: 'skipped'; readonly earlier: string }
  | { readonly kind: 'analyzed'; readonly affect: FilmAffect }
  | { readonly kind: 'failed'; readonly error: unknown; readonly late: boolean }
);

/** A decoder that starts while the model is being loaded, for a film that will be analyzed. */
async function decoderFor(
  film: FilmFile,
  files: ReadonlyMap<FilmFile, ResultFiles>,
  { decoder, overwrite }: AnalyzeOptions,
): Promise<DecodingProcess | undefined> {
  if (decoder === 'ffmpeg') return undefined;
  if (!overwrite && pathsOf(files.get(film)!).some((path) => existsSync(path))) return undefined;
  const { DecodingProcess } = await import('../media/index.ts');
  const process = new DecodingProcess(film.path);
  process.start();
  return process;
}

/** Analyzes one film and writes its files, stills of the film in the picture among them. */
async function analyzeFilm(
  analyzer: Analyzer,
  path: string,
  files: ResultFiles,
  options: NonNullable<Parameters<Analyzer['analyze']>[1]>,
): Promise<FilmAffect> {
  const strip = new FilmStrip();
  const film = await analyzer.analyze(path, {
    ...options,
    onFrame: ({ time, picture }) => strip.add({ time, ...picture }),
  });
  await writeResult(files, { film, strip });
  return film;
}

function summary(film: FilmAffect, files: ResultFiles): string {
  const { valence, arousal } = film.clip;
  const { scale } = film.model;
  const warning =
    film.model.trained === false ? styled(': the numbers mean nothing', 'red', process.stdout) : '';
  return (
    `${styled(printableName(film.file), 'bold', process.stdout)}\n` +
    `  valence ${valence.toFixed(3)}  arousal ${arousal.toFixed(3)}${scale ? `  on a scale of ${scale.join(' … ')}` : ''}  ${printableName(modelName(film))}${warning}\n` +
    `  ${elicited.kind}: ${elicited.statement}\n` +
    `  ${pathsOf(files).map(printable).join('\n  ')}\n`
  );
}
