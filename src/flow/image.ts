import { InputError } from '../support/errors.ts';
import { imageLibrary } from '../support/images.ts';
import type { GrayImage } from './schedule.ts';

const mostPixels = 2 ** 26;

/**
 * Reads an image file (PNG, JPEG, WebP, TIFF …) as brightness, 0.299 R + 0.587 G + 0.114 B (ITU-R BT.601), not rounded.
 *
 * @throws InputError when it is not an image, or has more than 2²⁶ pixels.
 */
export async function readGrayImage(path: string): Promise<GrayImage> {
  const sharp = await imageLibrary();
  const image = sharp(path, { limitInputPixels: mostPixels }).toColourspace('srgb').removeAlpha().raw();
  const { data, info } = await image.toBuffer({ resolveWithObject: true }).catch((error: Error) => {
    throw new InputError(`${path}: cannot be read as an image (${error.message})`);
  });
  const { width, height, channels } = info;
  const gray = new Float32Array(width * height);
  for (let p = 0; p < gray.length; p++) {
    const at = channels * p;
    // An image without colours may come with one channel.
    gray[p] = channels < 3 ? data[at]! : 0.299 * data[at]! + 0.587 * data[at + 1]! + 0.114 * data[at + 2]!;
  }
  return { width, height, data: gray };
}
