import { createRequire } from 'node:module';
import type sharp from 'sharp';

/**
 * The image library, loaded with the first image: it takes a tenth of a second, which calls without images need not wait.
 * As an ES module it would take twice as long.
 */
export async function imageLibrary(): Promise<typeof sharp> {
  return createRequire(import.meta.url)('sharp') as typeof sharp;
}
