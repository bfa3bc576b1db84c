// Models and trainings for programs that are not ours: a model in → an ONNX file with all of it (`wholeModel`), and what
// that takes of a film with what it answers (`windowOfFilm`).
export { metadataKey, type WholeModelDescription, wholeModel } from './whole-model.ts';
export { affectOutput, wholeNetwork } from './whole-network.ts';
export { usualSeconds, windowBatch, windowInputs, windowOfFilm } from './window.ts';
