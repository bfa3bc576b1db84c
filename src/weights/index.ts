// Weight files → named float32 tensors, and back.
export {
  parseSafetensors,
  readSafetensors,
  readSafetensorsMetadata,
  type SafetensorsOptions,
  writeSafetensors,
} from './safetensors.ts';
