// A seed in → films with sound, rendered by a program, their true affect, and a data set of them in the layout of
// LIRIS-ACCEDE; their sounds, or moments of them, alone, to learn from first.
export { planFilm, type SyntheticFilm } from './film.ts';
export { type FilmMoment, momentsOfFilm } from './film-moments.ts';
export { soundsOfFilm } from './film-sounds.ts';
export { affectOf, type Factors } from './laws.ts';
export { planAnnotations, type SynthesisOptions } from './plan.ts';
export { renderFilm } from './render.ts';
export { synthesize } from './synthesize.ts';
