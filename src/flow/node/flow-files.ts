import { open } from 'node:fs/promises';
import { InputError } from '../../support/errors.ts';
import { writeAtomically } from '../../support/files.ts';
import { imageLibrary } from '../../support/images.ts';
import type { ColorImage } from '../color-wheel.ts';
import { checkFloLength, floBytes, floHeaderBytes, parseFlo, parseFloHeader } from '../flo.ts';
import type { FlowField } from '../schedule.ts';

/**
 * Reads a .flo file. Components beyond 1e9 mean that the flow there is unknown; they are kept as they are.
 * What the header claims is compared with the file's length before room is made for it.
 *
 * @throws InputError when it is not a .flo file, claims a side over 16,384 pixels, or has another length than it claims.
 */
export async function readFlo(path: string): Promise<FlowField> {
  const file = await open(path).catch((error: NodeJS.ErrnoException) => {
    throw new InputError(
      error.code === 'ENOENT' ? `${path}: no such file` : `${path}: cannot be read (${error.code})`,
    );
  });
  try {
    const stats = await file.stat();
    if (!stats.isFile()) throw new InputError(`${path}: not a file`);
    const header = Buffer.alloc(floHeaderBytes);
    const { bytesRead } = await file.read(header, 0, floHeaderBytes, 0);
    const claimed = parseFloHeader(header.subarray(0, bytesRead), path);
    checkFloLength(stats.size, claimed, path);

    const bytes = Buffer.alloc(claimed.bytes);
    for (let filled = 0; filled < bytes.length; ) {
      const { bytesRead } = await file.read(bytes, filled, bytes.length - filled, filled);
      if (bytesRead === 0) throw new InputError(`${path}: it became shorter while it was read`);
      filled += bytesRead;
    }
    return parseFlo(bytes, path);
  } finally {
    await file.close();
  }
}

/** Writes a .flo file, whole or not at all. */
export async function writeFlo(path: string, field: FlowField): Promise<void> {
  await writeAtomically(path, floBytes(field));
}

/** Writes the colors of a flow as a PNG file, whole or not at all. */
export async function writeFlowImage(path: string, image: ColorImage): Promise<void> {
  const { width, height, data } = image;
  const sharp = await imageLibrary();
  await writeAtomically(
    path,
    await sharp(data, { raw: { width, height, channels: 3 } })
      .png()
      .toBuffer(),
  );
}
