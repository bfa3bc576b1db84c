// A film and a model in → its feature vectors over time (`FilmFeatures`): what heads, and searches by example, see of it;
// where in the picture its vectors come from (`placesOf`),
// what it looks and sounds like in numbers that have words (`watched`), and how far its features lie from a training set.
export { distanceFrom, featuresWithin, type UsualFeatures, usualFeatures } from './distance.ts';
export { type ExtractOptions, extractFeatures } from './extract.ts';
export { type FusedPlaces, type MomentPlaces, type PlacesOptions, placesOf } from './places.ts';
export {
  type FilmQuantities,
  type Quantity,
  quantitiesWithin,
  type WatchedFilm,
  watched,
} from './quantities.ts';
export { Sessions } from './sessions.ts';
export { clipVectors, type FeatureTrack, type FilmFeatures, type Stretch, windowMean } from './track.ts';
export { type WindowVectors, windowVectors } from './windows.ts';
