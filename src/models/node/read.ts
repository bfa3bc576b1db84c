import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { contentHashOf } from '../../support/content-hash.ts';
import { InputError } from '../../support/errors.ts';
import { readSmallText } from '../../support/regular-file.ts';
import type { Tensor } from '../../support/tensor.ts';
import { loadInto, readSafetensors } from '../../weights/index.ts';
import { networkParameters } from '../clip-network.ts';
import { parseModelFile } from '../description.ts';
import type { Model } from '../model.ts';
import { describeNetwork } from '../network.ts';

/** The model that comes with the package, trained on synthetic films: see the README there. */
export const starterFolder: string = fileURLToPath(new URL('../../../models/starter', import.meta.url));

/** In bytes; those that training writes have some thousand. */
const largestDescription = 2 ** 20;

/** A model that was read from a folder: all of its weights are there. */
export interface StoredModel extends Model {
  readonly parameters: ReadonlyMap<string, Tensor>;
}

/**
 * Reads a trained model: a folder with `model.json`, which says what it is, and `model.safetensors`, its weights; or the
 * folder of a run, which holds that in `best/`.
 *
 * @throws InputError naming the file and what is wrong with it.
 */
export async function readModel(folder: string): Promise<StoredModel> {
  const best = join(folder, 'best');
  const own = existsSync(join(folder, 'model.json')) || !existsSync(join(best, 'model.json')) ? folder : best;
  const source = join(own, 'model.json');
  const text = await readText(source);
  const { name, trained, synthetic, scale, preprocessing, calibration, weights, ...file } = parseModelFile(
    text,
    source,
  );
  const network = naming(source, () => describeNetwork(file.network));
  const path = join(own, weights.file);
  const found = await readSafetensors(path);
  const parameters = loadInto(networkParameters(network), found, { source: path });
  if ((await contentHashOf(path)) !== weights.contentHash)
    throw new InputError(
      `${path} is not the file that ${source} describes (its SHA-256 is another)`,
      'unusable-model',
    );
  // it holds the hash of the weights
  const contentHash = await contentHashOf(source);
  return {
    description: { name, preset: network.preset, trained, synthetic, scale, contentHash },
    network,
    preprocessing,
    calibration,
    parameters,
    parametersOf: () => parameters,
    head: parameters,
  };
}

async function readText(file: string): Promise<string> {
  if (!existsSync(file))
    throw new InputError(
      `${file}: no such file; the folder of a model holds model.json and model.safetensors`,
      'not-found',
    );
  return await readSmallText(file, 'description of a model', largestDescription);
}

function naming<T>(file: string, read: () => T): T {
  try {
    return read();
  } catch (error) {
    throw error instanceof InputError ? new InputError(`${file}: ${error.message}`, 'unusable-model') : error;
  }
}
