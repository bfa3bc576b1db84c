import { type Preprocessing, type Preset, preprocessingFor, takersOf } from '../streams/index.ts';

/**
 * How films are prepared for a network that is to be trained: as its preset has it and, where a stream takes faces, with
 * the networks of faces that are named or installed here.
 *
 * @throws InputError when there are none.
 */
export async function preprocessingOf({
  preset,
  sampling,
  streams,
}: {
  readonly preset: Preset;
  readonly sampling: Preprocessing['sampling'];
  readonly streams: readonly string[];
}): Promise<Preprocessing> {
  const preprocessing = preprocessingFor(preset, sampling);
  if (takersOf('faces', streams).length === 0) return preprocessing;
  const { faceFiles, hashesOf } = await import('../faces/node/index.ts'); // see `ClipCache`
  return { ...preprocessing, faces: await hashesOf(faceFiles()) };
}
