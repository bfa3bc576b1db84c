// A film → how it makes people feel: one value, and a curve of one point a second.
export {
  type Affect,
  type AffectPoint,
  type FilmAffect,
  type ModelDescription,
  type Stream,
  streams,
} from './affect.ts';
