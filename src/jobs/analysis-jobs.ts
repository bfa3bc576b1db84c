import type { FilmAffect } from '../affect/index.ts';
import { type FilmFeatures, windowVectors } from '../features/index.ts';
import { type Analysis, addWithin, type Library, momentsOf } from '../library/index.ts';
import type { Model } from '../models/index.ts';
import { contentHashOf } from '../support/content-hash.ts';
import type { JobKind } from './job.ts';

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
  const half = result.window.length / 2;
  const windows = momentsOf(result).map(({ time }) => ({ from: time - half, to: time + half }));
  return { path, result, features: windowVectors(analyzer.model, found, windows) };
}

/** Films to be analyzed into a library: their kind of job. A film that the library knows is not analyzed again. */
export function analysisJobs(library: Library, analyzer: FilmAnalyzer): JobKind<FilmData> {
  return {
    name: 'analyze',
    async run({ path }, running) {
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
