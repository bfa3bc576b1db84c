// A film → how it makes people feel: one value, and a curve of one point a second, on the scale of the model's labels.
// The model is a folder that training wrote, or the starter model.
export { type AnalyzeOptions, type Analyzer, type AnalyzerOptions, openAnalyzer } from './analyzer.ts';
export type { Model } from './model.ts';
export { readModel, starterFolder } from './model-folder.ts';
