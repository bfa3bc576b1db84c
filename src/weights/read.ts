import { extname } from 'node:path';
import { InputError } from '../support/errors.ts';
import type { Tensor } from '../support/tensor.ts';
import { naming, quoted, withFile } from './bytes.ts';
import { faultyNumber } from './load.ts';
import { type NamedParameters, toModelNames } from './names.ts';
import { readNumpy } from './numpy.ts';
import { readSafetensors } from './safetensors.ts';
import { readShards } from './shards.ts';
import { readTflite } from './tflite-expression.ts';
import { readTorch } from './torch.ts';

/**
 * The parameters of a weight file in any of the formats, under the names they have in it. The format is told by the
 * file's first bytes; a name that ends in `.index.json` is the index of safetensors in several files.
 *
 * @throws InputError when the file is of none of the formats, or damaged.
 */
export async function readWeights(path: string): Promise<Map<string, Tensor>> {
  if (path.endsWith('.index.json')) return readShards(path);
  const start = await withFile(path, async (size, read) => Buffer.from(await read(0, Math.min(size, 8))));
  const text = start.toString('latin1');
  if (text.startsWith('\x93NUMPY')) return readNumpy(path);
  if (text.startsWith('PK')) return extname(path) === '.npz' ? readNumpy(path) : readTorch(path);
  if (text.startsWith('TFL3', 4)) return readTflite(path);
  if (text.startsWith('\x80')) return readTorch(path);
  if (/^<[!hH?]/.test(text) && !text.includes('\0')) throw new InputError(`${path}: a web page, not weights`);
  if (extname(path) === '.t7') {
    throw new InputError(`${path}: files of Lua Torch are not read; use sound8.npy, or a PyTorch port`);
  }
  return readSafetensors(path);
}

/**
 * The parameters of a pretrained file under the names of the whole model.
 *
 * @throws InputError also when one of them holds what is not a finite number.
 */
export async function readModelWeights(path: string): Promise<NamedParameters> {
  const found = await readWeights(path);
  const named = naming(path, () => toModelNames(found));
  for (const [name, tensor] of named.parameters) {
    const fault = faultyNumber(name, tensor);
    if (fault) throw new InputError(`${path}: parameter ${quoted(name)} holds ${fault}`);
  }
  return named;
}
