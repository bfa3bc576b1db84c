import { join, resolve } from 'node:path';
import { Bucket, isBucket } from '../buckets/index.ts';
import { ClipCache, preprocessingOf } from '../clips/index.ts';
import type { TrainingConfiguration } from '../training/index.ts';
import { cacheFolder } from '../weights/index.ts';

/**
 * The folder that prepared clips are read from: the place itself; where that is in a bucket (`s3://bucket/prefix`), one for
 * copies of what lies there, the same for all buckets, since clips are named by their content.
 */
export function clipFolder(place: string): string {
  return isBucket(place) ? join(cacheFolder(), 'clips') : place;
}

/** The place as every process of this machine understands it. */
export function absolutePlace(place: string): string {
  return isBucket(place) ? place : resolve(place);
}

/** The prepared clips at a place. @throws InputError when it is a bucket, or takes networks of faces, that cannot be used. */
export async function clipsAt(
  place: string,
  configuration: Pick<TrainingConfiguration, 'preset' | 'sampling' | 'streams'>,
): Promise<ClipCache> {
  const bucket = isBucket(place) ? new Bucket(place) : undefined;
  return new ClipCache(clipFolder(place), await preprocessingOf(configuration), bucket);
}
