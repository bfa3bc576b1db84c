import { stat } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { z } from 'zod';
import { InputError } from '../support/errors.ts';
import { grouped } from '../support/grouped.ts';
import { readSmallText } from '../support/regular-file.ts';
import type { Tensor } from '../support/tensor.ts';
import { largestFile, quoted } from './bytes.ts';
import { findDuplicateKey } from './json.ts';
import { readSafetensors } from './safetensors.ts';

/** `model.safetensors.index.json`: which of the files beside it holds each parameter. */
const index = z.object({ weight_map: z.record(z.string(), z.string()) });

const largestIndex = 8 * 2 ** 20;
const mostFiles = 1000;

/**
 * The parameters of safetensors in several files, by their index; in the index's order.
 *
 * @param path the index; its files have to lie beside it.
 * @throws InputError when the index and the files do not say the same.
 */
export async function readShards(path: string): Promise<Map<string, Tensor>> {
  const text = await readSmallText(path, 'index of weight files', largestIndex);
  const map = parseIndex(path, text);
  const names = grouped(Object.keys(map), (name) => map[name]!);
  if (names.size > mostFiles)
    throw new InputError(`${path}: names ${names.size} files; at most ${mostFiles} are read`);
  let size = 0;
  for (const file of names.keys()) {
    if (file !== basename(file) || !file.endsWith('.safetensors') || file.includes('\\'))
      throw new InputError(`${path}: ${quoted(file)} is not the name of a .safetensors file beside it`);
    const shard = join(dirname(path), file);
    const status = await stat(shard).catch(() => undefined);
    if (!status) throw new InputError(`${path}: the file ${quoted(file)} is missing beside it`);
    size += status.size;
  }
  if (size > largestFile)
    throw new InputError(`${path}: its files have ${size} bytes; weights have at most ${largestFile}`);

  const found = new Map<string, Tensor>();
  for (const [file, expected] of names) {
    const tensors = await readSafetensors(join(dirname(path), file));
    for (const name of expected) {
      const tensor = tensors.get(name);
      if (!tensor) throw new InputError(`${path}: ${quoted(file)} lacks the parameter ${quoted(name)}`);
      found.set(name, tensor);
    }
    const other = [...tensors.keys()].find((name) => map[name] !== file);
    if (other !== undefined)
      throw new InputError(`${path}: ${quoted(file)} holds ${quoted(other)}, which the index does not say`);
  }
  return new Map(Object.keys(map).map((name) => [name, found.get(name)!]));
}

function parseIndex(path: string, text: string): Record<string, string> {
  let json: unknown;
  try {
    json = JSON.parse(text);
  } catch {
    throw new InputError(`${path}: is not JSON`);
  }
  const { data } = index.safeParse(json);
  if (!data) throw new InputError(`${path}: has no weight_map from parameters to files`);
  const duplicate = findDuplicateKey(text);
  if (duplicate !== undefined) throw new InputError(`${path}: names ${quoted(duplicate)} twice`);
  return data.weight_map;
}
