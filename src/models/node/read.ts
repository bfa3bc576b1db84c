import { createHash } from 'node:crypto';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { inputsOfSecond, temporalParameters } from '../../networks/index.ts';
import { contentHashOf } from '../../support/content-hash.ts';
import { InputError } from '../../support/errors.ts';
import { readSmallText } from '../../support/regular-file.ts';
import type { Tensor } from '../../support/tensor.ts';
import { loadInto, readSafetensors } from '../../weights/index.ts';
import { networkParameters } from '../clip-network.ts';
import { type ModelFile, modelFileOfConfig, parseModelFile } from '../description.ts';
import type { Model } from '../model.ts';
import { describeNetwork, type Network, streamsTaking } from '../network.ts';
import { partRanges } from '../ranges.ts';
import { hubFolder, isOnHub } from './hub.ts';

/** The model that comes with the package, trained on synthetic films: see the README there. */
export const starterFolder: string = fileURLToPath(new URL('../../../models/starter', import.meta.url));

/** In bytes; those that training writes have some thousand. */
const largestDescription = 2 ** 20;

/** A model that was read from a folder: all of its weights are there. */
export interface StoredModel extends Model {
  readonly parameters: ReadonlyMap<string, Tensor>;
  readonly files: {
    /** The folder that holds them. */
    readonly folder: string;
    /** What `model.json` says, or would say. */
    readonly description: ModelFile;
    /** Path of the weights. */
    readonly weights: string;
  };
}

/**
 * Reads a trained model: a folder with `model.json`, which says what it is, and `model.safetensors`, its weights; the
 * folder of a run, which holds that in `best/`; or a folder in the layout of Hugging Face, with `config.json` in place of
 * `model.json`.
 *
 * @param place the folder, or `hf:owner/name[@revision]` of a model on the Hugging Face Hub or in its cache (`hubFolder`).
 * @throws InputError naming the file and what is wrong with it.
 */
export async function readModel(place: string): Promise<StoredModel> {
  const folder = isOnHub(place) ? await hubFolder(place) : place;
  const { own, source, text } = await findDescription(folder);
  const description = parseModelFile(text, source);
  const { name, trained, synthetic, scale, head, preprocessing, calibration, inBytes, weights, ...file } =
    description;
  const temporal = head && { channels: head.channels, dilations: head.dilations, causal: head.causal };
  const network = naming(source, () => describeNetwork(file.network));
  const path = join(own, weights.file);
  const found = await readSafetensors(path);
  const parts = partRanges(found, path);
  const expected = [
    ...networkParameters(network),
    ...(temporal ? temporalParameters(temporal, inputsOfSecond(network)) : []),
  ];
  refuseFusedFaces(network, expected, parts.weights, path);
  const parameters = loadInto(expected, parts.weights, { source: path });
  if ((await contentHashOf(path)) !== weights.contentHash)
    throw new InputError(
      `${path} is not the file that ${source} describes (its SHA-256 is another)`,
      'unusable-model',
    );
  // it holds the hash of the weights
  const contentHash = `sha256:${createHash('sha256').update(text).digest('hex')}`;
  return {
    description: { name, preset: network.preset, trained, synthetic, scale, contentHash },
    network,
    preprocessing,
    calibration,
    temporal,
    parameters,
    ...(inBytes && { ranges: parts.ranges }),
    parametersOf: () => parameters,
    head: parameters,
    files: { folder: own, description, weights: path },
  };
}

/** @throws InputError when a model's faces join its fusion, as they did before they were gated. */
function refuseFusedFaces(
  network: Network,
  expected: readonly { readonly name: string; readonly shape: readonly number[] }[],
  stored: ReadonlyMap<string, Tensor>,
  path: string,
): void {
  const fusion = 'fusion.conv.weight';
  const shape = expected.find(({ name }) => name === fusion)?.shape;
  const own = stored.get(fusion)?.shape;
  if (streamsTaking(network, 'faces').length > 0 && own && `${own}` !== `${shape}`)
    throw new InputError(
      `${path}: its faces join the fusion, which those of this version do not (docs/faces.md): train the model again, or use the version that wrote it`,
      'unusable-model',
    );
}

/** The text of `model.json`, and the folder where it, or `config.json` in its place, was found. */
async function findDescription(folder: string): Promise<{ own: string; source: string; text: string }> {
  const has = (...parts: string[]) => existsSync(join(folder, ...parts));
  const own = !has('model.json') && has('best', 'model.json') ? join(folder, 'best') : folder;
  const config = join(folder, 'config.json');
  if (own === folder && !has('model.json') && existsSync(config))
    return { own, source: config, text: modelFileOfConfig(await readText(config), config) };
  const source = join(own, 'model.json');
  return { own, source, text: await readText(source) };
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
