import type sharp from 'sharp';

/** The image library, loaded with the first image: it takes a tenth of a second, which calls without images need not wait. */
export async function imageLibrary(): Promise<typeof sharp> {
  return (await import('sharp')).default;
}
