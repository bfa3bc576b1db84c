// The folder of a model, read and written: `model.json` says what it is and how films are prepared for it,
// `model.safetensors` holds its weights. Models of the Hugging Face Hub are fetched into its cache (hub.ts).
export * from '../index.ts';
export { hubFolder, isOnHub } from './hub.ts';
export { readModel, type StoredModel, starterFolder } from './read.ts';
export { type TrainedModel, writeModel } from './write.ts';
