import { parentPort } from 'node:worker_threads';
import { type Basis, fitBasis, reduce } from './basis.ts';
import { type Hit, type ScannedFilm, scanFeatures, scanShapes, sumsOf } from './scan.ts';
import type { Shape } from './shape.ts';

/** A film on its way to the worker. */
export interface LoadedFilm {
  curve: number;
  start: number;
  step: number;
  every: number;
  valence: Float32Array;
  arousal: Float32Array;
  /** Whole vectors of its moments. */
  vectors?: Float32Array;
}

/** What the worker is asked; it answers each with hits, in the order in which it was asked. */
export type ScanRequest =
  | { kind: 'basis'; sample: Float32Array; dimensions: number }
  | { kind: 'load'; films: LoadedFilm[] }
  | { kind: 'drop'; curves: number[] }
  | { kind: 'shape'; shape: Shape; only?: number[]; limit: number }
  | { kind: 'features'; vector: Float32Array; only?: number[]; limit: number };

const films = new Map<number, ScannedFilm>();
let basis: Basis | undefined;

function answer(request: ScanRequest): Hit[] {
  switch (request.kind) {
    case 'basis':
      basis = fitBasis(request.sample, request.dimensions);
      return [];
    case 'load':
      for (const { valence, arousal, vectors, ...film } of request.films)
        films.set(film.curve, {
          ...film,
          sums: { valence: sumsOf(valence), arousal: sumsOf(arousal) },
          features: vectors && basis ? reduce(vectors, basis) : new Float32Array(0),
        });
      return [];
    case 'drop':
      for (const curve of request.curves) films.delete(curve);
      return [];
    case 'shape':
      return scanShapes(chosen(request.only), request.shape, request.limit);
    case 'features':
      return basis ? scanFeatures(chosen(request.only), reduce(request.vector, basis), request.limit) : [];
  }
}

function chosen(only: readonly number[] | undefined): ScannedFilm[] {
  return only ? only.flatMap((curve) => films.get(curve) ?? []) : [...films.values()];
}

parentPort!.on('message', (request: ScanRequest) => {
  try {
    parentPort!.postMessage({ hits: answer(request) });
  } catch (error) {
    parentPort!.postMessage({ error });
  }
});
