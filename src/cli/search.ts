import { Command, InvalidArgumentError } from 'commander';
import type { Dimension } from '../affect/index.ts';
import { oneOf, wholeNumber } from './arguments.ts';
import { UsageError } from './failure.ts';
import { type PlaceOptions, placeOptions, timeText, withLibrary } from './library-place.ts';

interface SearchOptions extends PlaceOptions {
  point?: number[];
  quadrant?: string;
  word?: string;
  shape?: string;
  draw?: number[];
  of: Dimension;
  length: number;
  like?: string;
  at?: number[];
  film?: string[];
  shortest?: number;
  longest?: number;
  certain?: number;
  limit: number;
  json?: boolean;
}

export function searchCommand(): Command {
  const command = new Command('search')
    .description(
      'Find scenes by how they feel: by a point of the plane, a quadrant, a word, the shape of the curve, or a scene like them.',
    )
    .option('--point <valence,arousal>', 'nearest to a point; each from -1 to 1', numbers(2, 2))
    .option('--quadrant <name>', 'excited, distressed, depressed or relaxed')
    .option('--word <word>', 'nearest to where people place a word: happy, sad, calm, scared …')
    .option('--shape <words>', 'curves that look so: "calm, then a peak"')
    .option('--draw <numbers>', 'curves that look so, drawn: -1,-1,0,1,1', numbers(2, 1000))
    .option(
      '--of <dimension>',
      'what is drawn: valence or arousal',
      oneOf(['valence', 'arousal'] as const),
      'arousal',
    )
    .option('--length <seconds>', 'how long the shape is', wholeNumber(10, 7200), 60)
    .option('--like <film>', 'scenes like one of this film (with --at)')
    .option('--at <from,to>', 'the scene of --like, in seconds', numbers(2, 2))
    .option('--film <films...>', 'in these films alone')
    .option('--shortest <seconds>', 'in films that last this long', wholeNumber(0, 1_000_000))
    .option('--longest <seconds>', 'in films that do not last longer', wholeNumber(0, 1_000_000))
    .option(
      '--certain <width>',
      'moments whose interval is at most so wide on either side',
      (text) => numbers(1, 1)(text)[0],
    )
    .option('-n, --limit <count>', 'scenes', wholeNumber(1, 1000), 10)
    .option('--json', 'one line of JSON a scene')
    .action(search);
  for (const option of placeOptions) command.addOption(option);
  return command;
}

async function search(options: SearchOptions): Promise<void> {
  const { point, quadrant, word, shape, draw, like, at } = options;
  const asked = [point, quadrant, word, shape, draw, like].filter((value) => value !== undefined);
  if (asked.length !== 1)
    throw new UsageError('give one of --point, --quadrant, --word, --shape, --draw and --like');
  const { Search, sceneClass, shapeFromPoints, shapeFromWords } = await import('../search/index.ts');
  const scenes = await withLibrary(options, async (library) => {
    const films = [];
    for (const name of options.film ?? []) films.push((await library.film(name)).id);
    const filter = {
      limit: options.limit,
      ...(films.length > 0 && { films }),
      ...(options.shortest !== undefined && { shortest: options.shortest }),
      ...(options.longest !== undefined && { longest: options.longest }),
      ...(options.certain !== undefined && { uncertainty: options.certain }),
    };
    const searching = new Search(library);
    try {
      if (point) return await searching.point({ valence: point[0]!, arousal: point[1]! }, filter);
      if (quadrant !== undefined) return await searching.quadrant(quadrant as never, filter);
      if (word !== undefined) return await searching.word(word, filter);
      if (shape !== undefined) return await searching.shape(shapeFromWords(shape, options.length), filter);
      if (draw) return await searching.shape(shapeFromPoints(draw, options.length, options.of), filter);
      const film = await library.film(like!);
      return await searching.example(film.id, at?.[0] ?? 0, at?.[1] ?? 10, filter);
    } finally {
      await searching.close();
    }
  });
  for (const scene of scenes) {
    const { path, from, to, affect, uncertainty, distance } = scene;
    const about = sceneClass(affect, uncertainty);
    if (options.json) {
      process.stdout.write(`${JSON.stringify({ ...scene, ...about })}\n`);
      continue;
    }
    const open = about.also.length > 0 ? ` or ${about.also.join(' or ')}` : '';
    process.stdout.write(
      `${timeText(from)} … ${timeText(to)}  ${path}\n` +
        `  valence ${affect.valence.toFixed(2)}  arousal ${affect.arousal.toFixed(2)}  ${about.quadrant}${open}: ${about.words.join(', ')}  (distance ${distance.toFixed(2)})\n`,
    );
  }
  if (scenes.length === 0) process.stderr.write('affectline: nothing found\n');
}

function numbers(least: number, most: number): (given: string) => number[] {
  return (given) => {
    const all = given.split(',').map((part) => (part.trim() === '' ? Number.NaN : Number(part)));
    if (all.length >= least && all.length <= most && all.every(Number.isFinite)) return all;
    throw new InvalidArgumentError(
      least === most
        ? `${least === 1 ? 'A number' : `${least} numbers with a comma between them`}.`
        : `${least} to ${most} numbers with commas between them.`,
    );
  };
}
