// A film, a model and what computes it → how the film makes people feel: one value, and a curve of one point a second, on
// the scale of the model's labels (`FilmAffect` of the room `affect`). `node/` opens films and models by their paths.
export { analyzeFilm, type FilmOptions } from './analyze.ts';
