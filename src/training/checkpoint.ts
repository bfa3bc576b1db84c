import { createHash, randomBytes } from 'node:crypto';
import { existsSync } from 'node:fs';
import { readdir, readFile, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { z } from 'zod';
import { InputError } from '../support/errors.ts';
import { writeAtomically } from '../support/files.ts';
import { makeFolder } from '../support/folders.ts';
import type { Tensor } from '../support/tensor.ts';
import { readSafetensors, writeSafetensors } from '../weights/index.ts';
import type { OptimizerState } from './optimizers.ts';
import { originSchema, type StoredOrigin } from './origin.ts';

/** All that a stopped training needs to go on exactly as if it had not been stopped. */
export interface Checkpoint {
  readonly parameters: ReadonlyMap<string, Tensor>;
  readonly optimizer: OptimizerState;
  /** Where training is, as JSON: epoch, step, records. */
  readonly progress: unknown;
  /** What the training was begun with. */
  readonly origin: StoredOrigin;
}

const schema = z.object({
  parameters: z.string().regex(/^[\w.]+$/),
  optimizer: z.string().regex(/^[\w.]+$/),
  optimizerStep: z.number().int().nonnegative(),
  progress: z.unknown(),
  origin: originSchema,
  /** Of all above and of the tensors. */
  sha256: z.string(),
});
type Stored = z.infer<typeof schema>;

/**
 * Saves into a folder: two safetensors under fresh names, then `checkpoint.json`, which names them, in one rename; then
 * the files of the checkpoint before are removed. Killed at any moment, the folder holds the old checkpoint or the new.
 * A hash over all of it tells when a bit of it has changed.
 */
export async function writeCheckpoint(
  folder: string,
  { parameters, optimizer, progress, origin }: Checkpoint,
): Promise<void> {
  makeFolder(folder);
  const name = randomBytes(6).toString('hex');
  const files = { parameters: `parameters.${name}.safetensors`, optimizer: `optimizer.${name}.safetensors` };
  await writeSafetensors(join(folder, files.parameters), parameters);
  await writeSafetensors(join(folder, files.optimizer), optimizer.tensors);
  const stored = { ...files, optimizerStep: optimizer.step, progress, origin: storable(origin) };
  const sha256 = hashOf(stored, [parameters, optimizer.tensors]);
  await writeAtomically(join(folder, 'checkpoint.json'), JSON.stringify({ ...stored, sha256 }));
  const kept = ['checkpoint.json', files.parameters, files.optimizer];
  for (const file of await readdir(folder)) if (!kept.includes(file)) await rm(join(folder, file));
}

/** @returns undefined when there is none. @throws InputError when it cannot be read. */
export async function readCheckpoint(folder: string): Promise<Checkpoint | undefined> {
  const file = join(folder, 'checkpoint.json');
  if (!existsSync(file)) return undefined;
  const { sha256, ...stored } = parse(file, await readFile(file, 'utf8'));
  const parameters = await readSafetensors(join(folder, stored.parameters));
  const tensors = await readSafetensors(join(folder, stored.optimizer));
  if (hashOf(stored, [parameters, tensors]) !== sha256) throw damaged(file);
  const { optimizerStep, progress, origin } = stored;
  return { parameters, optimizer: { step: optimizerStep, tensors }, progress, origin };
}

function parse(file: string, text: string): Stored {
  try {
    return schema.parse(JSON.parse(text));
  } catch {
    throw damaged(file);
  }
}

/** Without keys that are undefined, which JSON does not keep. */
function storable(origin: StoredOrigin): StoredOrigin {
  return originSchema.parse(JSON.parse(JSON.stringify(origin)));
}

function damaged(file: string): InputError {
  return new InputError(`${file} is not a checkpoint, or is damaged; delete its folder to start anew`);
}

function hashOf(stored: Omit<Stored, 'sha256'>, groups: readonly ReadonlyMap<string, Tensor>[]): string {
  const { parameters, optimizer, optimizerStep, progress, origin } = stored;
  const hash = createHash('sha256').update(
    JSON.stringify([parameters, optimizer, optimizerStep, progress, origin]),
  );
  for (const group of groups)
    for (const [name, { shape, data }] of [...group].sort(([a], [b]) => (a < b ? -1 : 1)))
      hash
        .update(JSON.stringify([name, shape]))
        .update(new Uint8Array(data.buffer, data.byteOffset, data.byteLength));
  return hash.digest('hex');
}
