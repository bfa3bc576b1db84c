import { copyFileSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import pino from 'pino';
import { expect } from 'vitest';
import { openAnalyzer } from '../analysis/node/index.ts';
import { analysisOf } from '../library/analysis-fixture.ts';
import { emptyLibrary } from '../library/embedded-fixture.ts';
import { type Library, openLibrary } from '../library/index.ts';
import { type RunningServer, serve } from './index.ts';

const sample = fileURLToPath(new URL('../../samples/sample.mp4', import.meta.url));

export interface ServedLibrary {
  readonly folder: string;
  /** The file of the first film. */
  readonly film: string;
  /** The folder of the library. */
  readonly place: string;
  readonly library: Library;
  readonly analyzer: Awaited<ReturnType<typeof openAnalyzer>>;
  readonly uploads: string;
  /** Whoever comes over loopback may ask. */
  readonly server: RunningServer;
  /** Asks for `a long secret`. */
  readonly guarded: RunningServer;
  ask(path: string, init?: RequestInit): Promise<Response>;
  /** The body of an answer that is one. */
  // biome-ignore lint/suspicious/noExplicitAny: tests look at bodies of every kind
  asked(path: string): Promise<any>;
  close(): Promise<void>;
}

/** A library of two films (the file of the second is missing) behind two servers, one of which asks for a token. */
export async function servedLibrary(): Promise<ServedLibrary> {
  const folder = mkdtempSync(join(tmpdir(), 'affectline-server-'));
  const film = join(folder, 'film.mp4');
  copyFileSync(sample, film);
  const place = await emptyLibrary(folder);
  const library = await openLibrary({ folder: place });
  const analyzer = await openAnalyzer({ preset: 'compact', streams: ['sound'] });
  const { result } = analysisOf('film.mp4', 60, 1);
  await library.add({
    path: film,
    result,
    features: { dimensions: 2, vectors: new Float32Array(24).fill(1) },
  });
  await library.add(analysisOf('other.mp4', 40, 2));
  const limits = { film: 3_000_000, all: 5_000_000 };
  const uploads = join(folder, 'uploads');
  const common = { library, analyzer, limits, uploads, port: 0, version: '0.0.0' };
  const log = pino({ level: 'silent' });
  const server = await serve({ ...common, log, runs: join(folder, 'runs') });
  const names = ['films.example', 'films.example:8000'];
  const guarded = await serve({ ...common, log, token: 'a long secret', names });
  const ask = (path: string, init?: RequestInit) => fetch(new URL(path, server.url), init);
  return {
    ...{ folder, film, place, library, analyzer, uploads, server, guarded, ask },
    async asked(path) {
      const response = await ask(path);
      expect(response.status, path).toBe(200);
      return await response.json();
    },
    async close() {
      await server.close();
      await guarded.close();
      await analyzer.close();
      await library.close();
      rmSync(folder, { recursive: true });
    },
  };
}
