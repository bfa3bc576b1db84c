import { existsSync } from 'node:fs';
import { basename, join, resolve } from 'node:path';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { Command } from 'commander';
import type { Library, LibraryFilm } from '../library/index.ts';
import { type FilmsInTurn, formats, parquetParts, tableParts, toJsonLine } from '../results/index.ts';
import type { Provider } from '../runtime/node/index.ts';
import { contentHashOf } from '../support/content-hash.ts';
import { InputError } from '../support/errors.ts';
import { writeAtomically } from '../support/files.ts';
import { makeFolder } from '../support/folders.ts';
import { computingOptions, modelOption, oneOf } from './arguments.ts';
import { exitCodes } from './exit-codes.ts';
import { messageOf, showStack, UsageError } from './failure.ts';
import { findFilms } from './films.ts';
import { interruptSignal } from './interrupt.ts';
import { type PlaceOptions, placeOptions, timeText, withLibrary } from './library-place.ts';
import { ProgressLine } from './terminal.ts';

export function libraryCommand(): Command {
  const command = new Command('library').description(
    'Keep films with their curves, to be searched: in a folder, or on PostgreSQL for many at once.',
  );
  for (const part of [
    addCommand(),
    listCommand(),
    showCommand(),
    removeCommand(),
    exportCommand(),
    labelsCommand(),
  ]) {
    for (const option of placeOptions) part.addOption(option);
    command.addCommand(part);
  }
  return command;
}

interface AddOptions extends PlaceOptions {
  model?: string;
  queue?: boolean;
  threads?: number;
  provider?: Provider;
}

function addCommand(): Command {
  const command = new Command('add')
    .description(
      'Analyze films and keep the results. A film whose content the library knows is not analyzed again;\n' +
        'with another model than the last one, what that made of other films is stale until they are added again.',
    )
    .argument('<paths...>', 'films, or folders to be searched for films')
    .addOption(modelOption)
    .option('--queue', 'leave the analysis to `affectline worker` processes (with --database)')
    .action(add);
  for (const option of computingOptions) command.addOption(option);
  return command;
}

async function add(paths: string[], options: AddOptions): Promise<void> {
  const { films, errors } = findFilms(paths);
  const progress = new ProgressLine();
  const tell = (error: unknown, path: string) => {
    const message = messageOf(error);
    progress.say(`affectline: ${message.includes(path) ? '' : `${path}: `}${message}`);
    showStack(error);
    process.exitCode = exitCodes.badInput;
  };
  for (const error of errors) tell(error, '');
  await withLibrary(options, async (library) => {
    if (options.queue)
      return enqueue(
        library,
        films.map(({ path }) => path),
      );
    const signal = interruptSignal();
    const { openAnalyzer } = await import('../analysis/node/index.ts');
    const { analysisOf } = await import('../jobs/index.ts');
    const analyzer = await openAnalyzer(options);
    try {
      await library.use(analyzer.model.description);
      for (const [index, { path }] of films.entries()) {
        const label = films.length > 1 ? `${path} (${index + 1} of ${films.length})` : path;
        try {
          const hash = await contentHashOf(path, signal);
          if (await library.has(hash, analyzer.model.description)) {
            await library.seen(hash, resolve(path));
            progress.say(`${path}: known already`);
            continue;
          }
          const onProgress = (done: number) => progress.show(label, done);
          const analysis = await analysisOf(analyzer, path, { signal, onProgress });
          // who reads the library may stand in another folder
          const id = await library.add({ ...analysis, path: resolve(path) });
          progress.clear();
          process.stdout.write(`${id}  ${path}\n`);
        } catch (error) {
          signal.throwIfAborted();
          tell(error, path);
        }
      }
    } finally {
      progress.clear();
      await analyzer.close();
    }
  });
}

async function enqueue(library: Library, paths: readonly string[]): Promise<void> {
  const { openJobs } = await import('../jobs/index.ts');
  const queue = await openJobs(library);
  try {
    for (const path of paths.map((path) => resolve(path))) {
      const id = await queue.add({ name: 'analyze' }, { path }, path);
      process.stdout.write(id === undefined ? `${path}: waits already\n` : `${id}  ${path}\n`);
    }
  } finally {
    await queue.close();
  }
}

function listCommand(): Command {
  return new Command('list')
    .description('The films of the library, and whether their curves are of its model.')
    .option('--json', 'one line of JSON a film')
    .action(async (options: PlaceOptions & { json?: boolean }) => {
      const films = await withLibrary(options, (library) => library.films());
      for (const film of films)
        process.stdout.write(options.json ? `${JSON.stringify(film)}\n` : `${lineOf(film)}\n`);
    });
}

function lineOf({ id, path, duration, state, model, clip }: LibraryFilm): string {
  const value = clip ? `valence ${clip.valence.toFixed(2)}  arousal ${clip.arousal.toFixed(2)}` : '';
  const stale = state === 'stale' ? `  stale: of model ${model}` : '';
  return `${String(id).padStart(4)}  ${timeText(duration).padStart(8)}  ${value}  ${path}${stale}`;
}

function showCommand(): Command {
  return new Command('show')
    .description(
      'What is known of a film: where it lies on the plane, its calm and tense passages, its peaks, its shots.',
    )
    .argument('<film>', 'its number, hash, path or name')
    .option('--json', 'as JSON')
    .action(async (name: string, options: PlaceOptions & { json?: boolean }) => {
      const { filmClass } = await import('../search/index.ts');
      const { film, result } = await withLibrary(options, async (library) => {
        const film = await library.film(name);
        return { film, result: await library.result(film.id) };
      });
      const { class: whole, passages } = filmClass(result);
      if (options.json) {
        process.stdout.write(
          `${JSON.stringify({ film, class: whole, passages, shots: result.shots ?? [] })}\n`,
        );
        return;
      }
      const open = whole.also.length > 0 ? ` (its interval reaches into ${whole.also.join(' and ')})` : '';
      process.stdout.write(`${lineOf(film)}\n`);
      process.stdout.write(`  ${whole.quadrant}${open}; nearest words: ${whole.words.join(', ')}\n`);
      for (const { kind, from, to, certain } of passages)
        process.stdout.write(
          `  ${timeText(from)} … ${timeText(to)}  ${kind}${certain === false ? ' (within its uncertainty)' : ''}\n`,
        );
      if (result.shots)
        process.stdout.write(
          `  ${result.shots.length === 1 ? 'one shot' : `${result.shots.length} shots`}\n`,
        );
      for (const warning of result.warnings) process.stderr.write(`${film.path}: ${warning}\n`);
    });
}

function removeCommand(): Command {
  return new Command('remove')
    .description('Forget films and everything that is known of them. The files stay.')
    .argument('<films...>', 'their numbers, hashes, paths or names')
    .action((names: string[], options: PlaceOptions) =>
      withLibrary(options, async (library) => {
        // all of them are there, or none goes
        const films = [];
        for (const name of names) films.push(await library.film(name));
        for (const { id } of films) await library.remove(id);
      }),
    );
}

const tables = ['jsonl', 'csv', 'parquet'] as const;
const formatNames = [
  ...tables,
  ...formats.map(({ name }) => name).filter((name) => !tables.includes(name as never)),
];

interface ExportOptions extends PlaceOptions {
  format: string;
  out?: string;
  overwrite?: boolean;
}

function exportCommand(): Command {
  return new Command('export')
    .description(
      'Hand results over: a line of JSON a film, one table of all points (csv, parquet), or files of another format for\n' +
        'each film, in the folder --out.',
    )
    .argument('[films...]', 'numbers, hashes, paths or names (default: all)')
    .option('--format <name>', `one of ${formatNames.join(', ')}`, oneOf(formatNames), 'jsonl')
    .option('-o, --out <path>', 'a file, or the folder of the files (default for jsonl and csv: print them)')
    .option('-y, --overwrite', 'overwrite what is there')
    .action((names: string[], options: ExportOptions) =>
      withLibrary(options, async (library) => {
        const chosen: LibraryFilm[] = [];
        for (const name of names) chosen.push(await library.film(name));
        const films = (names.length > 0 ? chosen : await library.films()).filter(
          ({ state }) => state !== 'not-analyzed',
        );
        if (tables.includes(options.format as never)) await exportTable(library, films, options);
        else await exportFiles(library, films, options);
      }),
    );
}

async function exportTable(
  library: Library,
  films: LibraryFilm[],
  { format, out, overwrite }: ExportOptions,
): Promise<void> {
  if (format === 'parquet' && out === undefined)
    throw new UsageError('a parquet file is not for a terminal; name it with --out');
  const results = () => library.results(films.map(({ id }) => id));
  const parts =
    format === 'jsonl' ? lines(results) : format === 'csv' ? tableParts(results) : parquetParts(results);
  if (out === undefined) {
    await pipeline(Readable.from(parts), process.stdout, { end: false });
    return;
  }
  if (!overwrite) checkFree([out]);
  await writeAtomically(out, parts);
}

async function* lines(films: FilmsInTurn): AsyncGenerator<string, void, undefined> {
  for await (const film of films()) yield toJsonLine(film);
}

/** @throws InputError `exists` when one of the files is there. */
function checkFree(paths: readonly string[]): void {
  const there = paths.find((path) => existsSync(path));
  if (there !== undefined) throw new InputError(`${there} is there already; -y overwrites it`, 'exists');
}

async function exportFiles(
  library: Library,
  films: LibraryFilm[],
  { format, out, overwrite }: ExportOptions,
): Promise<void> {
  if (out === undefined)
    throw new UsageError(`${format} is files of each film; name their folder with --out`);
  const { endings, write } = formats.find(({ name }) => name === format)!;
  const named = films.map(({ id, path }) => ({ id, name: `${id}-${basename(path)}.affect` }));
  if (!overwrite) checkFree(named.flatMap(({ name }) => endings.map((ending) => join(out, name + ending))));
  makeFolder(out);
  for (const { id, name } of named) {
    const contents = await write({ film: await library.result(id), name });
    for (const [index, ending] of endings.entries()) {
      const path = join(out, name + ending);
      await writeAtomically(path, contents[index]!);
      process.stdout.write(`${path}\n`);
    }
  }
}

function labelsCommand(): Command {
  return new Command('labels')
    .description(
      'Write what people chose on the page, of pairs of scenes, as a data set for `affectline train`: labels.csv with a\n' +
        'score of 1 to 5 for each scene that was compared in valence and in arousal, and copies of the films.',
    )
    .requiredOption('-o, --out <folder>', 'the folder of the data set')
    .action(({ out, ...place }: PlaceOptions & { out: string }) =>
      withLibrary(place, async (library) => {
        const { Labels, writeLabels } = await import('../labeling/index.ts');
        const { clips, films } = await writeLabels(new Labels(library), out);
        process.stdout.write(
          `${out}: ${clips} scenes of ${films === 1 ? 'one film' : `${films} films`}; affectline train --data ${out}\n`,
        );
      }),
    );
}
