// The folder of a model in its two layouts: our own, and that of Hugging Face.
import { existsSync } from 'node:fs';
import { copyFile, rename } from 'node:fs/promises';
import { join } from 'node:path';
import { configText, modelFileText } from '../models/index.ts';
import type { StoredModel } from '../models/node/index.ts';
import { InputError } from '../support/errors.ts';
import { temporaryPath, writeAtomically } from '../support/files.ts';
import { makeFolder } from '../support/folders.ts';
import { readSmallText } from '../support/regular-file.ts';
import { modelCard } from './card.ts';

/** How the folder of a model is laid out. */
export type Layout = 'own' | 'hugging-face';

const largestCard = 2 ** 20;
const weights = 'model.safetensors';

/**
 * Writes a model that was read into another folder: `model.safetensors` byte for byte, and `model.json`, or for Hugging
 * Face `config.json` and a `README.md` with metadata. Either way it is the same model, with the same content hash.
 *
 * @throws InputError when the folder holds a model already and is not to be overwritten.
 */
export async function writeLayout(
  folder: string,
  { files }: StoredModel,
  { layout, overwrite = false }: { layout: Layout; overwrite?: boolean },
): Promise<void> {
  for (const name of ['model.json', 'config.json', weights])
    if (existsSync(join(folder, name)) && !overwrite)
      throw new InputError(`${join(folder, name)} is there already; -y overwrites it`, 'exists');
  makeFolder(folder);
  const part = temporaryPath(join(folder, weights));
  await copyFile(files.weights, part);
  await rename(part, join(folder, weights));
  const source = join(files.folder, 'README.md');
  const card = existsSync(source) ? await readSmallText(source, 'model card', largestCard) : undefined;
  if (layout === 'hugging-face') {
    await writeAtomically(join(folder, 'README.md'), modelCard(files.description, card));
    await writeAtomically(join(folder, 'config.json'), configText(files.description));
  } else {
    if (card !== undefined) await writeAtomically(join(folder, 'README.md'), card);
    await writeAtomically(join(folder, 'model.json'), modelFileText(files.description));
  }
}
