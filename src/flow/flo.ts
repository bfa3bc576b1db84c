import { open } from 'node:fs/promises';
import { InputError } from '../support/errors.ts';
import { writeAtomically } from '../support/files.ts';
import type { FlowField } from './schedule.ts';

/*
 * The .flo format of the Middlebury benchmark (Baker et al., IJCV 2011), little-endian: the float 202021.25, which
 * reads "PIEH"; width and height as int32; then u and v as float32 for each pixel, row by row.
 */
const tag = 202021.25;
const headerBytes = 12;
const largestSide = 16_384;

/**
 * Reads a .flo file. Components beyond 1e9 mean that the flow there is unknown; they are kept as they are.
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
    const header = Buffer.alloc(headerBytes);
    const { bytesRead } = await file.read(header, 0, headerBytes, 0);
    if (bytesRead < headerBytes || header.readFloatLE(0) !== tag)
      throw new InputError(`${path}: not a .flo file; it has to begin with the four letters PIEH`);
    const width = header.readInt32LE(4);
    const height = header.readInt32LE(8);
    if (width < 1 || height < 1 || width > largestSide || height > largestSide)
      throw new InputError(
        `${path}: its size is ${width}×${height}; each side has to be 1 to ${largestSide}`,
      );
    const dataBytes = width * height * 8;
    if (stats.size !== headerBytes + dataBytes)
      throw new InputError(
        `${path}: ${stats.size} bytes long; a flow of ${width}×${height} has ${headerBytes + dataBytes}`,
      );

    const data = Buffer.alloc(dataBytes);
    for (let filled = 0; filled < dataBytes; ) {
      const { bytesRead } = await file.read(data, filled, dataBytes - filled, headerBytes + filled);
      if (bytesRead === 0) throw new InputError(`${path}: it became shorter while it was read`);
      filled += bytesRead;
    }
    const u = new Float32Array(width * height);
    const v = new Float32Array(width * height);
    for (let p = 0; p < u.length; p++) {
      u[p] = data.readFloatLE(8 * p);
      v[p] = data.readFloatLE(8 * p + 4);
    }
    return { width, height, u, v };
  } finally {
    await file.close();
  }
}

/** Writes a .flo file, whole or not at all. */
export async function writeFlo(path: string, { width, height, u, v }: FlowField): Promise<void> {
  const bytes = Buffer.alloc(headerBytes + width * height * 8);
  bytes.writeFloatLE(tag, 0);
  bytes.writeInt32LE(width, 4);
  bytes.writeInt32LE(height, 8);
  for (let p = 0; p < width * height; p++) {
    bytes.writeFloatLE(u[p]!, headerBytes + 8 * p);
    bytes.writeFloatLE(v[p]!, headerBytes + 8 * p + 4);
  }
  await writeAtomically(path, bytes);
}
