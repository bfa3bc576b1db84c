import type { FilmAffect, ModelDescription } from '../affect/index.ts';
import { addWithin, type Library } from '../library/index.ts';
import { contentHashOf } from '../support/content-hash.ts';
import type { JobKind } from './job.ts';

/** A film to be analyzed. */
export interface FilmData {
  /** Where workers find it: on a folder that all of them see, where there are several machines. */
  path: string;
}

/** What films are analyzed by. */
export interface FilmAnalyzer {
  readonly model: { readonly description: ModelDescription };
  analyze(
    path: string,
    options: { signal: AbortSignal; onProgress: (done: number) => void },
  ): Promise<FilmAffect>;
}

/** Films to be analyzed into a library: their kind of job. A film that the library knows is not analyzed again. */
export function analysisJobs(library: Library, analyzer: FilmAnalyzer): JobKind<FilmData> {
  return {
    name: 'analyze',
    async run({ path }, { signal, onProgress }) {
      const hash = await contentHashOf(path, signal);
      if (await library.has(hash, analyzer.model.description)) {
        await library.seen(hash, path);
        return async () => {};
      }
      const result = await analyzer.analyze(path, { signal, onProgress });
      return async (queries) => {
        await addWithin(queries, { path, result });
      };
    },
  };
}
