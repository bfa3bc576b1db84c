import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { z } from 'zod';
import { describeNetwork } from '../networks/index.ts';
import { contentHashOfAll } from '../support/content-hash.ts';
import { InputError } from '../support/errors.ts';
import { readSmallText } from '../support/regular-file.ts';
import { loadInto, readSafetensors } from '../weights/index.ts';
import { allParameters, type Model } from './model.ts';

/** `model.json`: what a trained model is. The network's options are those of the paper where they are not given. */
const description = z.strictObject({
  name: z.string().min(1).max(200),
  preset: z.enum(['paper', 'compact']),
  /** On what. */
  trained: z.string().min(1).max(1000),
  synthetic: z.boolean().default(false),
  /** Of the labels; that of LIRIS-ACCEDE unless given. */
  scale: z
    .tuple([z.number(), z.number()])
    .refine(([lowest, highest]) => lowest < highest, 'the lower end comes first')
    .default([1, 5]),
  streams: z
    .array(z.enum(['flow', 'picture', 'sound']))
    .min(1)
    .default(['flow', 'picture', 'sound']),
  fusion: z.enum(['features', 'decisions']).default('features'),
  soundLayer: z.enum(['conv7', 'pool5']).default('conv7'),
});

/** In bytes; those that training writes have some hundred. */
const largestDescription = 2 ** 20;

/** The model that comes with the package, trained on synthetic films: see the README there. */
export const starterFolder: string = fileURLToPath(new URL('../../models/starter', import.meta.url));

/**
 * Reads a trained model: a folder with `model.json`, which says what it is, and `model.safetensors`, its weights.
 *
 * @throws InputError naming the file and what is wrong with it.
 */
export async function readModel(folder: string): Promise<Model> {
  const [about, file] = [join(folder, 'model.json'), join(folder, 'model.safetensors')];
  const { name, preset, trained, synthetic, scale, ...options } = await readDescription(about);
  const network = describeNetwork({ preset, ...options });
  const parameters = loadInto(allParameters(network), await readSafetensors(file), { source: file });
  return {
    description: {
      name,
      preset,
      trained,
      synthetic,
      scale,
      contentHash: await contentHashOfAll([about, file]),
    },
    network,
    parametersOf: () => parameters,
    regression: parameters,
  };
}

async function readDescription(file: string): Promise<z.infer<typeof description>> {
  if (!existsSync(file))
    throw new InputError(
      `${file}: no such file; the folder of a model holds model.json and model.safetensors`,
    );
  const text = await readSmallText(file, 'description of a model', largestDescription);
  const { data, error } = description.safeParse(parsed(file, text));
  if (data) return data;
  const { path, message } = error.issues[0]!;
  throw new InputError(`${file}: ${[...path, message].join(': ')}`);
}

function parsed(file: string, text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    throw new InputError(`${file}: is not JSON`);
  }
}
