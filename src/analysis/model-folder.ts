import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { z } from 'zod';
import { describeNetwork } from '../networks/index.ts';
import { InputError } from '../support/errors.ts';
import { readSafetensors } from '../weights/index.ts';
import { allParameters, type Model } from './model.ts';

const description = z.object({
  name: z.string().min(1).max(200),
  preset: z.enum(['paper', 'compact']),
  trained: z.string().min(1).max(1000),
  streams: z.array(z.enum(['flow', 'picture', 'sound'])).optional(),
  fusion: z.enum(['features', 'decisions']).optional(),
  soundLayer: z.enum(['conv7', 'pool5']).optional(),
});

/**
 * Reads a trained model: `model.json` says what it is (name, preset, what it was trained on, and the network's options
 * where they are not the usual ones), `model.safetensors` holds its weights.
 *
 * @throws InputError naming the file and what is wrong with it.
 */
export async function readModel(folder: string): Promise<Model> {
  const file = join(folder, 'model.json');
  const text = await readFile(file, 'utf8').catch((error: NodeJS.ErrnoException) => {
    const reason =
      error.code === 'ENOENT'
        ? 'no such file; a model folder holds model.json and model.safetensors'
        : error.message;
    throw new InputError(`${file}: ${reason}`);
  });
  const { name, preset, trained, ...options } = checked(file, text);
  const network = describeNetwork(JSON.parse(JSON.stringify({ preset, ...options })));
  const weights = await readSafetensors(join(folder, 'model.safetensors'));
  const parameters = new Map(
    allParameters(network).map(({ name, shape }) => {
      const tensor = weights.get(name);
      if (String(tensor?.shape) !== String(shape))
        throw new InputError(`model.safetensors: ${name} is missing or has another shape`);
      return [name, tensor!];
    }),
  );
  return {
    description: { name, preset, trained },
    network,
    parametersOf: () => parameters,
    regression: parameters,
  };
}

function checked(file: string, text: string): z.infer<typeof description> {
  let json: unknown;
  try {
    json = JSON.parse(text);
  } catch {
    throw new InputError(`${file}: is not JSON`);
  }
  const { data, error } = description.safeParse(json);
  if (data) return data;
  const [issue] = error.issues;
  throw new InputError(`${file}: ${issue!.path.join('.') || 'it'}: ${issue!.message}`);
}
