import { createHash } from 'node:crypto';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { z } from 'zod';
import { InputError } from '../support/errors.ts';
import { writeAtomically } from '../support/files.ts';
import type { ModelName } from './models.ts';
import type { HeldOut } from './run.ts';

/** A look at the labels of the test clips: which models were measured, and a hash of what they had predicted. */
export interface Opening {
  readonly models: readonly ModelName[];
  readonly predictions: string;
}

const schema = z.array(z.strictObject({ models: z.array(z.string()), predictions: z.string() }));

/**
 * Writes down in `openings.json` that models are measured on the test clips. The same predictions measured again are no
 * other opening: nothing can be chosen by them that could not be before.
 *
 * @returns all openings of this folder so far, this one among them.
 * @throws InputError when the file is not one of these.
 */
export async function openTest(
  folder: string,
  predictions: ReadonlyMap<ModelName, HeldOut>,
): Promise<readonly Opening[]> {
  const file = join(folder, 'openings.json');
  const known = existsSync(file) ? read(file) : [];
  const said = [...predictions].map(([name, { test }]) => [name, test]);
  const opening = {
    models: [...predictions.keys()],
    predictions: createHash('sha256').update(JSON.stringify(said)).digest('hex'),
  };
  if (known.some((other) => other.predictions === opening.predictions)) return known;
  const openings = [...known, opening];
  await writeAtomically(file, `${JSON.stringify(openings, null, 2)}\n`);
  return openings;
}

/** What a reader has to know of more than one opening; nothing of one. */
export function openingsText(openings: readonly Opening[]): string[] {
  if (openings.length < 2) return [];
  const each = openings.map(({ models }) => models.join(', ')).join('; then ');
  return [
    `The test was opened ${openings.length} times: ${each}. What was chosen after the first time is chosen by the test, and its figures flatter.`,
  ];
}

function read(file: string): Opening[] {
  try {
    return schema.parse(JSON.parse(readFileSync(file, 'utf8')));
  } catch {
    throw new InputError(`${file} does not list the openings of a test, or is damaged; delete its folder`);
  }
}
