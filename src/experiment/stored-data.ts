// What workers need of a data set where they have no folder of it: its labels, and the films that are not prepared yet.
import { createHash } from 'node:crypto';
import { mkdir, rm } from 'node:fs/promises';
import { extname, join, relative } from 'node:path';
import { z } from 'zod';
import type { Bucket } from '../buckets/index.ts';
import type { ClipCache, ClipSource } from '../clips/index.ts';
import { type DataSet, type LabeledClip, Problems } from '../datasets/index.ts';
import { InputError } from '../support/errors.ts';
import { removeLeftovers, temporaryPath } from '../support/files.ts';
import { makeFolder } from '../support/folders.ts';
import { cacheFolder } from '../weights/index.ts';

/** A clip whose film is known by its content; its path is that within the data set, which is elsewhere. */
type KnownClip = LabeledClip & { readonly content: string };

const second = z.number().nonnegative().optional();
const clipSchema = z.object({
  ...{ id: z.string(), name: z.string(), path: z.string(), film: z.string() },
  content: z.string().regex(/^[0-9a-f]{64}$/),
  ...{ valence: z.number(), arousal: z.number() },
  set: z.enum(['train', 'validation', 'test']).optional(),
  ...{ start: z.number().optional(), end: z.number().optional() },
  part: z.object({ start: second, end: second }).optional(),
  ...{ valenceRank: z.number().optional(), arousalRank: z.number().optional() },
  ...{ valenceVariance: z.number().optional(), arousalVariance: z.number().optional() },
});
const schema = z.object({
  ...{ format: z.string(), synthetic: z.boolean() },
  clips: z.array(clipSchema),
});

/**
 * Writes down the labels of a data set and the content of its films, under a name of their own.
 *
 * @returns that name, for `storedDataSet`.
 */
export async function storeDataSet(
  bucket: Bucket,
  { format, root, synthetic, clips }: DataSet,
  cache: ClipCache,
  signal: AbortSignal,
): Promise<string> {
  const known: KnownClip[] = [];
  for (const clip of clips)
    known.push({ ...clip, path: relative(root, clip.path), content: await cache.contentOf(clip) });
  const text = JSON.stringify({ format, synthetic, clips: known });
  const name = `datasets/${hashOf(text)}.json`;
  await bucket.write(name, text, 'absent', signal);
  return name;
}

/** @throws InputError when it is not there, or is none. */
export async function storedDataSet(
  bucket: Bucket,
  name: string,
  signal: AbortSignal,
): Promise<DataSet & { readonly clips: readonly KnownClip[] }> {
  const stored = await bucket.read(name, signal);
  if (!stored) throw new InputError(`${bucket.addressOf(name)} is not there`, 'not-found');
  try {
    if (name !== `datasets/${hashOf(stored.text)}.json`) throw new Error('another hash');
    const { clips, ...rest } = schema.parse(JSON.parse(stored.text));
    return { ...rest, root: '', clips: clips as KnownClip[], films: [], files: [], problems: new Problems() };
  } catch {
    throw new InputError(`${bucket.addressOf(name)} does not hold the labels of a data set, or is damaged`);
  }
}

/** Puts the films of clips into a bucket, each once. @returns their names there. */
export async function storeFilms(
  bucket: Bucket,
  clips: readonly ClipSource[],
  cache: ClipCache,
  signal: AbortSignal,
): Promise<string[]> {
  const names = new Map<string, string>();
  for (const clip of clips)
    names.set(nameOf({ path: clip.path, content: await cache.contentOf(clip) }), clip.path);
  for (const [name, path] of names) await bucket.put(name, path, signal);
  return [...names.keys()];
}

/**
 * Does something with clips whose films are at hand: fetched from a bucket, and removed afterwards.
 *
 * @throws InputError when a film is not there.
 */
export async function withFilms<Result>(
  bucket: Bucket,
  clips: readonly KnownClip[],
  signal: AbortSignal,
  use: (clips: readonly ClipSource[]) => Promise<Result>,
): Promise<Result> {
  return await inWorkingFolder(async (folder) => {
    const here = new Map<string, string>();
    for (const clip of clips) {
      const name = nameOf(clip);
      if (here.has(name)) continue;
      const path = join(folder, name.replace('films/', ''));
      if (!(await bucket.fetch(name, path, signal)))
        throw new InputError(
          `${bucket.addressOf(name)}, which is ${clip.path}, is not there; call reproduce again`,
          'not-found',
        );
      here.set(name, path);
    }
    return await use(clips.map((clip) => ({ ...clip, path: here.get(nameOf(clip))! })));
  });
}

/** Does something in a folder of this process, which is removed afterwards; those of processes that are gone are, too. */
export async function inWorkingFolder<Result>(use: (folder: string) => Promise<Result>): Promise<Result> {
  const parent = join(cacheFolder(), 'work');
  makeFolder(parent);
  await removeLeftovers(parent);
  const folder = temporaryPath(join(parent, 'folder'));
  await mkdir(folder);
  try {
    return await use(folder);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

/** The end of its name tells a decoder what it may be. */
function nameOf({ path, content }: { readonly path: string; readonly content: string }): string {
  const [extension = ''] = /^\.\w{1,8}$/.exec(extname(path)) ?? [];
  return `films/${content}${extension}`;
}

function hashOf(text: string): string {
  return createHash('sha256').update(text).digest('hex');
}
