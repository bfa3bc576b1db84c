import type { FilmAffect } from '../affect/index.ts';
import { type FilmFeatures, windowVectors } from '../features/index.ts';
import { type Analysis, addWithin, type Library, momentStep, momentsOf } from '../library/index.ts';
import type { Model } from '../models/index.ts';
import { contentHashOf } from '../support/content-hash.ts';
import type { JobKind } from './job.ts';
import { type JobQueue, schema } from './queue.ts';

/** A film to be analyzed. */
export interface FilmData {
  /** Where workers find it: on a folder that all of them see, where there are several machines. */
  path: string;
}

/** What films are analyzed by. */
export interface FilmAnalyzer {
  readonly model: Model;
  analyze(
    path: string,
    options: {
      signal: AbortSignal;
      onProgress: (done: number) => void;
      onFeatures: (features: FilmFeatures) => void;
    },
  ): Promise<FilmAffect>;
}

/** Analyzes a film as a library keeps it: with its curve, its shots, and vectors of its moments. */
export async function analysisOf(
  analyzer: FilmAnalyzer,
  path: string,
  { signal, onProgress }: { signal: AbortSignal; onProgress: (done: number) => void },
): Promise<Analysis> {
  let found: FilmFeatures = { tracks: [], streams: [] };
  const onFeatures = (features: FilmFeatures) => {
    found = features;
  };
  const result = await analyzer.analyze(path, { signal, onProgress, onFeatures });
  // as far as the next moment, however little a point of the curve stands for
  const half = Math.max(result.window.length / 2, momentStep);
  const windows = momentsOf(result).map(({ time }) => ({ from: time - half, to: time + half }));
  return { path, result, features: windowVectors(analyzer.model, found, windows) };
}

/**
 * Films to be analyzed into a library: their kind of job. A film that the library knows is not analyzed again.
 *
 * @param opened gives what analyzes them; asked for each film, so that it need not be open before the first.
 */
export function analysisJobs(
  library: Library,
  opened: () => FilmAnalyzer | Promise<FilmAnalyzer>,
): JobKind<FilmData> {
  return {
    name: 'analyze',
    nameOf: ({ path }) => path,
    atOnce: 2, // while one is decoded, the networks compute another
    async run({ path }, running) {
      const analyzer = await opened();
      const hash = await contentHashOf(path, running.signal);
      if (await library.has(hash, analyzer.model.description)) {
        await library.seen(hash, path);
        return async () => {};
      }
      const analysis = await analysisOf(analyzer, path, running);
      return async (queries) => {
        await addWithin(queries, analysis);
      };
    },
  };
}

/**
 * Of films, those that nobody needs any more: all their analyses have ended, and the library has no film there. So it is
 * after the last try of one has failed, and where another copy of the same film has taken its place.
 *
 * @param paths as the jobs have them.
 */
export async function abandonedFilms({ library }: JobQueue, paths: readonly string[]): Promise<string[]> {
  // a job ends in the transaction that keeps its film, so none is seen in between
  const rows = await library.database.query<{ path: string }>(
    `select path from (
       select data ->> 'path' as path, bool_and(state in ('completed', 'failed', 'cancelled')) as ended
       from ${schema}.job where data ->> 'path' = any($1::text[]) group by 1
     ) analyzed
     where ended and not exists (select from affectline.film where film.path = analyzed.path)`,
    [paths],
  );
  return rows.map(({ path }) => path);
}
