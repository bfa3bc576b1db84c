import { open } from 'node:fs/promises';
import { InputError } from '../../support/errors.ts';
import { imageLibrary } from '../../support/images.ts';
import { type GrayImage, mostFlowPixels } from '../schedule.ts';

const mostBytes = 2 ** 28;

/** How files of the two formats begin. The image library knows many more, and some of them read other files. */
const signatures = [
  [0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a], // PNG
  [0xff, 0xd8, 0xff], // JPEG
];

/**
 * Reads a PNG or JPEG file as brightness, 0.299 R + 0.587 G + 0.114 B (ITU-R BT.601), not rounded.
 *
 * @throws InputError when it is neither, is damaged, or has more pixels than the flow can take.
 */
export async function readGrayImage(path: string): Promise<GrayImage> {
  const bytes = await readImageFile(path);
  const sharp = await imageLibrary();
  const unreadable = (error: Error) => {
    throw new InputError(`${path}: cannot be read as an image (${error.message})`);
  };
  const { width, height } = await sharp(bytes, { limitInputPixels: false }).metadata().catch(unreadable);
  if (width * height > mostFlowPixels)
    throw new InputError(`${path}: ${width}×${height} is too large for the flow; at most 2²⁴ pixels`);
  const image = sharp(bytes, { limitInputPixels: mostFlowPixels }).toColorspace('srgb').removeAlpha().raw();
  const { data, info } = await image.toBuffer({ resolveWithObject: true }).catch(unreadable);
  const gray = new Float32Array(width * height);
  for (let p = 0; p < gray.length; p++) {
    const at = info.channels * p;
    // An image without colors may come with one channel.
    gray[p] =
      info.channels < 3 ? data[at]! : 0.299 * data[at]! + 0.587 * data[at + 1]! + 0.114 * data[at + 2]!;
  }
  return { width, height, data: gray };
}

async function readImageFile(path: string): Promise<Buffer> {
  const file = await open(path).catch((error: NodeJS.ErrnoException) => {
    throw new InputError(
      `${path}: cannot be read as an image (${error.code === 'ENOENT' ? 'no such file' : error.code})`,
    );
  });
  try {
    const stats = await file.stat();
    if (!stats.isFile()) throw new InputError(`${path}: cannot be read as an image (not a file)`);
    if (stats.size > mostBytes)
      throw new InputError(
        `${path}: ${stats.size} bytes are too many for an image; at most ${mostBytes} are read`,
      );
    const bytes = await file.readFile();
    if (!signatures.some((signature) => signature.every((byte, n) => bytes[n] === byte)))
      throw new InputError(`${path}: cannot be read as an image; it has to be a PNG or JPEG file`);
    return bytes;
  } finally {
    await file.close();
  }
}
