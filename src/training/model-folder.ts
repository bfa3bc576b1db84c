import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import type { Network } from '../networks/index.ts';
import { writeAtomically } from '../support/files.ts';
import type { Tensor } from '../support/tensor.ts';
import { writeSafetensors } from '../weights/index.ts';

export interface TrainedModel {
  readonly name: string;
  /** What it was trained on, in a sentence: shown with everything it predicts. */
  readonly trained: string;
  /** Whether that was synthetic films only. */
  readonly synthetic: boolean;
  readonly network: Network;
  readonly parameters: ReadonlyMap<string, Tensor>;
}

/**
 * Writes a model as `affectline analyze --model` reads it: `model.json` with its name and options, `model.safetensors`
 * with its weights.
 *
 * @param precision float16 halves the file.
 */
export async function writeModel(
  folder: string,
  { name, trained, synthetic, network, parameters }: TrainedModel,
  precision: 'float32' | 'float16' = 'float32',
): Promise<void> {
  await mkdir(folder, { recursive: true });
  const { preset, streams, fusion, soundLayer } = network;
  await writeSafetensors(join(folder, 'model.safetensors'), parameters, { precision });
  // labels are on this scale in all data sets that are read
  const scale = [1, 5];
  const description = { name, preset, trained, synthetic, scale, streams, fusion, soundLayer };
  await writeAtomically(join(folder, 'model.json'), `${JSON.stringify(description, null, 2)}\n`);
}
