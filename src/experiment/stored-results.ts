// What an experiment leaves beside its runs, in a store and in the folder of whoever asks.
import { existsSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fetchFolder, putFolder } from '../buckets/index.ts';
import { addOpenings } from './openings.ts';
import { marks, type ResultStore } from './store.ts';

/** What the store holds beside an experiment's folder, and what of the folder is this machine's alone. */
const apart = /^(films|datasets|clips|features)\//;

/** Fetches what earlier calls left: what they predicted of other data sets, and which tests they opened. */
export async function fetchResults(
  { bucket }: ResultStore,
  folder: string,
  signal?: AbortSignal,
): Promise<void> {
  await fetchFolder(
    { bucket, name: '', folder, signal },
    (name) => name.startsWith('test-on/') && !isOpenings(name) && !existsSync(join(folder, name)),
  );
  for (const { name } of await bucket.list('', signal)) {
    const openings = isOpenings(name) ? await bucket.read(name, signal) : undefined;
    if (openings) await addOpenings(dirname(join(folder, name)), openings.text, bucket.addressOf(name));
  }
}

/** Puts all of a folder there, the report last. */
export async function putResults(
  { bucket }: ResultStore,
  folder: string,
  signal?: AbortSignal,
): Promise<void> {
  await putFolder(
    { bucket, name: '', folder, signal },
    { last: [...marks, 'report.md'], wanted: (name) => !apart.test(name) },
  );
}

/** Of the experiment, or of a test on another data set. */
function isOpenings(name: string): boolean {
  return /^(test-on\/[^/]+\/)?openings\.json$/.test(name) && !name.includes('..');
}
