import { Worker } from 'node:worker_threads';
import { type Library, momentStep, unpacked } from '../library/index.ts';
import { compiledEntry } from '../support/entry.ts';
import { InputError } from '../support/errors.ts';
import type { Run, Sequence } from './alignment.ts';
import type { AlignmentAnswer, AlignmentTask } from './alignment-worker.ts';

/** A part of a film, in seconds. */
export interface Span {
  from: number;
  to: number;
}

/** Two films, or two cuts of one, moment by moment. */
export interface FilmComparison {
  /** What it rests on: the vectors of their moments, or their curves where one of them has no vectors. */
  by: 'content' | 'curves';
  /** Seconds in the first and in the second film that go together; neither ever goes back. */
  times: [number[], number[]];
  /** Parts of the first and of the second that the other one has nothing for, 15 s or longer. */
  alone: [Span[], Span[]];
  /**
   * Mean distance of the moments that go together, those alone left out. By content: 0 is the same, 1 as far as two moments
   * of these films drawn at random. By curves: on the plane, whose sides are 2 long.
   */
  distance: number;
}

/** Seconds of the shortest part that is said to be alone: as short a one is also made by chance. */
const shortestAlone = 15;
/**
 * How each way is aligned. By content two moments stay alone rather than be paired when they are almost as far apart as
 * moments at random, so that a cut is one run; curves of different films are warped.
 */
const ways = {
  content: { unit: 'spread', staying: { stay: 0.45, distanceCounts: false } },
  curves: { unit: 1, staying: { stay: 0.02, distanceCounts: true } },
} as const;
/** Bytes of a film's vectors that are held at most; longer films are compared by their curves. */
const mostBytes = 2 ** 28;

/** A film on its way to being aligned. */
interface Aligned extends Sequence {
  start: number;
  /** Seconds from one place to the next. */
  step: number;
}

interface FilmRow {
  film: string;
  start: number;
  step: number;
  valence: Uint8Array;
  arousal: Uint8Array;
  dimensions: number | null;
}

/**
 * Aligns two films by the vectors of their moments, in a thread of its own.
 *
 * @param films their numbers.
 * @param options.signal ends the thread.
 * @throws InputError `not-found` when one of them has no curve of the library's model.
 */
export async function compareFilms(
  library: Library,
  films: readonly [number, number],
  { signal }: { signal?: AbortSignal } = {},
): Promise<FilmComparison> {
  const [a, b, by] = await alignedOf(library, films);
  const found = await inThread(
    { a, b, ...ways[by], shortestRun: Math.round(shortestAlone / Math.min(a.step, b.step)) },
    signal,
  );
  const spansOf = ({ start, step }: Aligned, runs: readonly Run[]) =>
    runs.map(([from, to]): Span => ({ from: start + from * step, to: start + to * step }));
  return {
    by,
    times: [found.path.map(([i]) => a.start + a.step * i), found.path.map(([, j]) => b.start + b.step * j)],
    alone: [spansOf(a, found.alone[0]), spansOf(b, found.alone[1])],
    distance: found.distance,
  };
}

async function alignedOf(
  { database }: Library,
  films: readonly [number, number],
): Promise<[Aligned, Aligned, FilmComparison['by']]> {
  const rows = await database.query<FilmRow>(
    `select film_id as film, start, step, valence, arousal,
       case when length(vectors) between 1 and $2 then dimensions end as dimensions
     from affectline.curve join affectline.model on model.id = curve.model_id
     left join affectline.features on features.curve_id = curve.id
     where model.current and film_id = any($1::bigint[]) and length(valence) > 0`,
    [films, mostBytes],
  );
  const both = films.map((film) => {
    const row = rows.find((row) => Number(row.film) === film);
    if (row) return row;
    throw new InputError(
      `film ${film} has no curve of the model that the library is searched by; add it again`,
      'not-found',
    );
  });
  const dimensions = both[0]!.dimensions;
  const byContent = dimensions !== null && dimensions === both[1]!.dimensions;
  const sequence = async (row: FilmRow): Promise<Aligned> => {
    if (!byContent) return curveOf(row);
    const [stored] = await database.query<{ vectors: Uint8Array }>(
      `select vectors from affectline.features join affectline.curve on curve.id = curve_id
       join affectline.model on model.id = model_id where model.current and film_id = $1`,
      [row.film],
    );
    // a film that has just been analyzed again or removed
    if (!stored) throw new InputError(`film ${row.film} has just been changed; ask again`, 'busy');
    const every = Math.max(Math.round(momentStep / row.step), 1);
    return { start: row.start, step: every * row.step, dimensions, vectors: unpacked(stored.vectors) };
  };
  return [await sequence(both[0]!), await sequence(both[1]!), byContent ? 'content' : 'curves'];
}

function curveOf({ start, step, valence, arousal }: FilmRow): Aligned {
  const both = [unpacked(valence), unpacked(arousal)];
  const vectors = Float32Array.from({ length: 2 * both[0]!.length }, (_, k) => both[k % 2]![k >> 1]!);
  return { start, step, dimensions: 2, vectors };
}

/** A thread for each, so that ending it ends nobody else's. */
function inThread(task: AlignmentTask, signal: AbortSignal | undefined): Promise<AlignmentAnswer> {
  signal?.throwIfAborted();
  const worker = new Worker(compiledEntry(import.meta.url, 'alignment-worker'), {
    workerData: task,
    transferList: [task.a.vectors.buffer as ArrayBuffer, task.b.vectors.buffer as ArrayBuffer],
  });
  const ended = new Promise<AlignmentAnswer>((resolve, reject) => {
    worker.once('message', resolve);
    worker.once('error', reject);
    worker.once('exit', () => reject(new Error('internal: the aligning worker has ended')));
    signal?.addEventListener('abort', () => reject(signal.reason), { once: true });
  });
  return ended.finally(() => worker.terminate());
}
