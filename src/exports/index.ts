// Models and trainings for programs that are not ours: a model in → an ONNX file with all of it (`wholeModel`), and what
// that takes of a film with what it answers (`windowOfFilm`); its folder in the layout of Hugging Face, or our own.
export { modelCard } from './card.ts';
export { type Layout, writeLayout } from './layouts.ts';
export { type TorchTrainingOptions, writeTorchTraining } from './torch.ts';
export { metadataKey, type WholeModelDescription, wholeModel } from './whole-model.ts';
export { affectOutput, wholeNetwork } from './whole-network.ts';
export { usualSeconds, windowBatch, windowInputs, windowOfFilm } from './window.ts';
