import { Worker } from 'node:worker_threads';
import { type Library, momentStep, unpacked } from '../library/index.ts';
import { compiledEntry } from '../support/entry.ts';
import type { Hit } from './scan.ts';
import type { LoadedFilm, ScanRequest } from './scan-worker.ts';

/** Films that are read and sent to the worker at once. */
const filmsAtOnce = 64;
/** Vectors that the basis is fitted to, and films that they are drawn from. */
const [sampleVectors, sampleFilms] = [4096, 64];

interface CurveRow {
  curve: string;
  start: number;
  step: number;
  valence: Uint8Array;
  arousal: Uint8Array;
  dimensions: number | null;
  vectors: Uint8Array | null;
}

/**
 * The curves and moments of a library's model in the memory of a worker thread, where they are scanned from end to end:
 * for shapes and for vectors that is faster than any index (see docs/library.md). Each search first takes up what has
 * come to the library since the last one.
 */
export class Scanner {
  private readonly library: Library;
  private readonly worker: Worker;
  private readonly waiting: { resolve: (hits: Hit[]) => void; reject: (error: unknown) => void }[] = [];
  private readonly loaded = new Set<number>();
  private state = '';
  private hasBasis = false;
  private refreshing: Promise<void> | undefined;

  constructor(library: Library) {
    this.library = library;
    this.worker = new Worker(compiledEntry(import.meta.url, 'scan-worker'));
    this.worker.unref();
    this.worker.on('message', ({ hits, error }: { hits?: Hit[]; error?: unknown }) => {
      const { resolve, reject } = this.waiting.shift()!;
      if (hits) resolve(hits);
      else reject(error);
    });
    const fail = (error: unknown) => {
      for (const { reject } of this.waiting.splice(0)) reject(error);
    };
    this.worker.on('error', fail);
    this.worker.on('exit', () => fail(new Error('internal: the scanning worker has ended')));
  }

  /** @param request a search; the curves that it may look at are all, or `only` some. */
  async scan(request: Extract<ScanRequest, { kind: 'shape' | 'features' }>): Promise<Hit[]> {
    this.refreshing ??= this.refresh().finally(() => {
      this.refreshing = undefined;
    });
    await this.refreshing;
    return this.ask(request);
  }

  async close(): Promise<void> {
    // The process has to last until the thread has ended: what it still answers must not let it go.
    this.worker.removeAllListeners('message');
    this.worker.ref();
    await this.worker.terminate();
  }

  private ask(request: ScanRequest, transfer: ArrayBufferLike[] = []): Promise<Hit[]> {
    // the thread keeps the process alive only while it is asked
    this.worker.ref();
    return new Promise<Hit[]>((resolve, reject) => {
      this.waiting.push({ resolve, reject });
      this.worker.postMessage(request, transfer as ArrayBuffer[]);
    }).finally(() => {
      if (this.waiting.length === 0) this.worker.unref();
    });
  }

  /** Brings the worker up to what the library holds now. */
  private async refresh(): Promise<void> {
    const { database } = this.library;
    const current =
      'from affectline.curve join affectline.model on model.id = curve.model_id where model.current';
    const [now] = await database.query<{ state: string }>(
      `select count(*) || ' ' || coalesce(max(curve.id), 0) || ' ' || coalesce(sum(curve.id), 0) as state ${current}`,
    );
    if (now!.state === this.state) return;
    const rows = await database.query<{ id: string }>(`select curve.id ${current} order by curve.id`);
    const wanted = new Set(rows.map(({ id }) => Number(id)));
    const gone = [...this.loaded].filter((curve) => !wanted.has(curve));
    const come = [...wanted].filter((curve) => !this.loaded.has(curve));
    if (gone.length > 0) await this.ask({ kind: 'drop', curves: gone });
    for (const curve of gone) this.loaded.delete(curve);
    if (!this.hasBasis) await this.fitBasis(come);
    for (let at = 0; at < come.length; at += filmsAtOnce) await this.load(come.slice(at, at + filmsAtOnce));
    this.state = now!.state;
  }

  private async load(curves: readonly number[]): Promise<void> {
    const rows = await this.library.database.query<CurveRow>(
      `select curve.id as curve, start, step, valence, arousal, dimensions, vectors
       from affectline.curve left join affectline.features on features.curve_id = curve.id where curve.id = any($1::bigint[])`,
      [curves],
    );
    const films = rows.map(
      ({ curve, start, step, valence, arousal, vectors }): LoadedFilm => ({
        curve: Number(curve),
        start,
        step,
        every: Math.max(Math.round(momentStep / step), 1),
        valence: unpacked(valence),
        arousal: unpacked(arousal),
        ...(vectors && { vectors: unpacked(vectors) }),
      }),
    );
    const buffers = films.flatMap(({ valence, arousal, vectors }) => [
      valence.buffer,
      arousal.buffer,
      ...(vectors ? [vectors.buffer] : []),
    ]);
    await this.ask({ kind: 'load', films }, buffers);
    for (const { curve } of films) this.loaded.add(curve);
  }

  /** Fits the directions along which vectors are compared to those of some films, evenly drawn. */
  private async fitBasis(curves: readonly number[]): Promise<void> {
    const drawn = curves.filter((_, index) => index % Math.ceil(curves.length / sampleFilms) === 0);
    const rows = await this.library.database.query<{ dimensions: number; vectors: Uint8Array }>(
      'select dimensions, vectors from affectline.features where curve_id = any($1::bigint[]) order by curve_id',
      [drawn],
    );
    const [first] = rows;
    if (!first) return;
    const { dimensions } = first;
    const each = Math.ceil(sampleVectors / rows.length);
    const pieces = rows.map(({ vectors }) => {
      const all = unpacked(vectors);
      const count = all.length / dimensions;
      const every = Math.max(Math.floor(count / each), 1);
      return Array.from({ length: Math.min(each, Math.floor(count / every)) }, (_, index) =>
        all.subarray(index * every * dimensions, (index * every + 1) * dimensions),
      );
    });
    const vectors = pieces.flat();
    const sample = new Float32Array(vectors.length * dimensions);
    for (const [index, vector] of vectors.entries()) sample.set(vector, index * dimensions);
    await this.ask({ kind: 'basis', sample, dimensions }, [sample.buffer]);
    this.hasBasis = true;
  }
}
