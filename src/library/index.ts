/*
 * In: results of analyses (`FilmAffect`), and vectors of their moments. Out: films with their curves and shots, kept in a
 * database: embedded in a folder (PGlite), for one process at a time, or a PostgreSQL server, for many. A film is known
 * by its content; curves of another model than the library's are stale, and never mixed with the others.
 */
export type { Database, Queries } from './database.ts';
export type { EmbeddedDatabase } from './embedded.ts';
export { addWithin, Library, titleOf } from './library.ts';
export { momentStep, momentsOf } from './moments.ts';
export { packed, unpacked } from './numbers.ts';
export { type LibraryPlace, openLibrary } from './open.ts';
export { onPlane, pointText, uncertaintyOf, valenceOf } from './plane.ts';
export type { ServerDatabase } from './postgresql.ts';
export { modelHash } from './store.ts';
export type { Analysis, FilmState, LibraryFilm, LibraryModel, MomentFeatures, StoredCurve } from './types.ts';
