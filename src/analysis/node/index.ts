// Paths of films → how they make people feel, with the model of a folder, or the starter model.
export { readModel, starterFolder } from '../../models/node/index.ts';
export * from '../index.ts';
export type { PlaceMap, PlaceSums } from '../places.ts';
export {
  type AnalyzeOptions,
  type Analyzer,
  type AnalyzerOptions,
  type FilmPlaces,
  openAnalyzer,
} from './analyzer.ts';
export { type Quantized, type QuantizeOptions, quantizeModel, writeQuantized } from './quantize.ts';
