// Weight files → named float32 tensors, and back. A file comes in as a path; out comes a Map from parameter name to
// tensor (row-major, float32 whatever the file holds). Tensors of one file may be views of one buffer. Whatever is
// wrong with a file is an InputError; nothing in a file is ever executed.
export { cacheFolder } from './cache.ts';
export { type DownloadOptions, download } from './download.ts';
export { type LoadOptions, loadInto } from './load.ts';
export { type NamedParameters, toModelNames } from './names.ts';
export { parseNumpy, readNumpy } from './numpy.ts';
export { readModelWeights, readWeights } from './read.ts';
export {
  type FetchOptions,
  fetchPretrained,
  findPretrained,
  type PretrainedFile,
  pretrainedFiles,
  pretrainedPath,
  trustedHash,
} from './registry.ts';
export {
  parseSafetensors,
  readSafetensors,
  readSafetensorsMetadata,
  type SafetensorsOptions,
  writeSafetensors,
} from './safetensors.ts';
export { type GraphModel, type GraphNode, graphModelFiles, parseGraphModel, readGraphModel } from './tfjs.ts';
export { type GraphModelExpression, graphModelExpression } from './tfjs-expression.ts';
export {
  parseTfliteModel,
  type Quantization,
  type TfliteModel,
  type TfliteOperator,
  type TfliteTensor,
} from './tflite.ts';
export {
  parseTflite,
  readTflite,
  readTfliteModel,
  type TfliteExpression,
  tfliteExpression,
} from './tflite-expression.ts';
export { parseTorch, readTorch } from './torch.ts';
