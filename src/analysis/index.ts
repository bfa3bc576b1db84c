// A film, a model and what computes it → how the film makes people feel: one value, and a curve of one point a second, on
// the scale of the model's labels (`FilmAffect` of the room `affect`); where in the picture a
// point of it comes from. `node/` opens films and models by their paths.
export { analyzeFilm, type FilmAnalysisOptions } from './analyze.ts';
export { window } from './curve.ts';
export {
  attributePlaces,
  type PlaceAttribution,
  type PlaceMap,
  type PlaceOptions,
  type PlaceSums,
} from './places.ts';
export { secondsOf } from './seconds.ts';
