import { createHash } from 'node:crypto';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { z } from 'zod';
import { InputError } from '../support/errors.ts';
import { writeAtomically } from '../support/files.ts';
import { makeFolder } from '../support/folders.ts';
import type { Outcome } from './experiment.ts';
import type { ModelName } from './models.ts';

/** A look at the labels of the test clips: which models were measured, and a hash of what they had predicted. */
export interface Opening {
  readonly models: readonly ModelName[];
  /** How often each network was trained; once unless told. */
  readonly seeds?: number | undefined;
  readonly predictions: string;
}

const schema = z.array(
  z.strictObject({
    models: z.array(z.string()),
    seeds: z.number().int().min(2).optional(),
    predictions: z.string(),
  }),
);

/**
 * Writes down in `openings.json` that models are measured on the test clips. The same predictions measured again are no
 * other opening: nothing can be chosen by them that could not be before.
 *
 * @returns all openings of this folder so far, this one among them.
 * @throws InputError when the file is not one of these.
 */
export async function openTest(
  folder: string,
  outcomes: ReadonlyMap<ModelName, Outcome>,
): Promise<readonly Opening[]> {
  const file = join(folder, 'openings.json');
  const known = existsSync(file) ? read(file) : [];
  const said = [...outcomes].map(([name, { runs }]) => [name, ...runs.map(({ test }) => test)]);
  const seeds = Math.max(1, ...[...outcomes.values()].map(({ runs }) => runs.length));
  const opening = {
    models: [...outcomes.keys()],
    ...(seeds > 1 && { seeds }),
    predictions: createHash('sha256').update(JSON.stringify(said)).digest('hex'),
  };
  if (known.some((other) => other.predictions === opening.predictions)) return known;
  const openings = [...known, opening];
  await writeAtomically(file, `${JSON.stringify(openings, null, 2)}\n`);
  return openings;
}

/**
 * Adds openings that were written down elsewhere to those of a folder, which come after them where both have others.
 *
 * @param text of the other `openings.json`, and `from` where it lies.
 * @throws InputError when one of both is none.
 */
export async function addOpenings(folder: string, text: string, from: string): Promise<void> {
  const file = join(folder, 'openings.json');
  const there = parse(text, from);
  const known = existsSync(file) ? read(file) : [];
  const added = known.filter((own) => there.every(({ predictions }) => predictions !== own.predictions));
  makeFolder(folder);
  await writeAtomically(file, `${JSON.stringify([...there, ...added], null, 2)}\n`);
}

/** What a reader has to know of more than one opening; nothing of one. */
export function openingsText(openings: readonly Opening[]): string[] {
  if (openings.length < 2) return [];
  const each = openings
    .map(({ models, seeds }) => models.join(', ') + (seeds === undefined ? '' : ` by ${seeds} seeds`))
    .join('; then ');
  return [
    `The test was opened ${openings.length} times: ${each}. What was chosen after the first time is chosen by the test, and its figures flatter.`,
  ];
}

function read(file: string): Opening[] {
  return parse(readFileSync(file, 'utf8'), file);
}

function parse(text: string, file: string): Opening[] {
  try {
    return schema.parse(JSON.parse(text));
  } catch {
    throw new InputError(`${file} does not list the openings of a test, or is damaged; delete its folder`);
  }
}
