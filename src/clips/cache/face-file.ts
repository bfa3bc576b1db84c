// What is known of the faces in the frames of a prepared clip: a small file beside it, for each pair of networks that look
// for them, so that clips are prepared alike whether anyone takes their faces or not.

import { createHash } from 'node:crypto';
import { existsSync } from 'node:fs';
import { z } from 'zod';
import { type FaceHashes, type FaceWatcher, faceNumbers } from '../../faces/index.ts';
import { InputError } from '../../support/errors.ts';
import { writeAtomically } from '../../support/files.ts';
import { readSmallText } from '../../support/regular-file.ts';
import type { ClipFile } from './clip-file.ts';

/** Changes whenever what is made of faces does. */
const version = 1;
const largestFile = 64 * 2 ** 20;

const schema = z.array(z.array(z.number().min(0).max(1)).length(faceNumbers.length));

/** Where the faces of a clip file are, or will be. */
export function faceFileOf(clip: string, hashes: FaceHashes): string {
  const key = createHash('sha256').update(JSON.stringify([version, hashes.detector, hashes.expressions]));
  return clip.replace(/\.clip$/, `.${key.digest('hex').slice(0, 16)}.faces`);
}

/** Looks for the faces in all frames of a clip, and keeps what is known of them. */
export async function writeFaces(
  path: string,
  clip: ClipFile,
  watcher: FaceWatcher,
  signal?: AbortSignal,
): Promise<void> {
  if (existsSync(path)) return;
  const found: number[][] = [];
  for (let index = 0; index < clip.segmentCount; index++) {
    signal?.throwIfAborted();
    const [segment] = await clip.segments([index], { frame: true, pair: false });
    const { picture, time } = segment!;
    found.push([...(await watcher.watch(picture, time))].map((value) => Math.fround(value)));
  }
  await writeAtomically(path, JSON.stringify(found));
}

/** The clip with its faces. @throws InputError when they were not looked for, or the file is damaged. */
export async function withFacesOf(clip: ClipFile, hashes: FaceHashes): Promise<ClipFile> {
  const path = faceFileOf(clip.path, hashes);
  const text = await readSmallText(path, 'faces of a clip', largestFile);
  const { data } = schema.safeParse(parsed(text));
  if (data?.length !== clip.segmentCount)
    throw new InputError(`${path} is damaged; delete it and it is made again`);
  return clip.withFaces(data.map((numbers) => Float32Array.from(numbers)));
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
