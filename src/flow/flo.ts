import { InputError } from '../support/errors.ts';
import type { FlowField, Size } from './schedule.ts';

/*
 * The .flo format of the Middlebury benchmark (Baker et al., IJCV 2011), little-endian: the float 202021.25, which
 * reads "PIEH"; width and height as int32; then u and v as float32 for each pixel, row by row.
 */
const tag = 202021.25;
const largestSide = 16_384;
export const floHeaderBytes = 12;

/**
 * Size and length that the header of a .flo file claims.
 *
 * @param name of the file, for errors.
 * @throws InputError when it is not the header of a .flo file, or claims a side over 16,384 pixels.
 */
export function parseFloHeader(header: Uint8Array, name: string): Size & { readonly bytes: number } {
  const view = new DataView(header.buffer, header.byteOffset, header.byteLength);
  if (header.length < floHeaderBytes || view.getFloat32(0, true) !== tag)
    throw new InputError(`${name}: not a .flo file; it has to begin with the four letters PIEH`);
  const width = view.getInt32(4, true);
  const height = view.getInt32(8, true);
  if (width < 1 || height < 1 || width > largestSide || height > largestSide)
    throw new InputError(`${name}: its size is ${width}×${height}; each side has to be 1 to ${largestSide}`);
  return { width, height, bytes: floHeaderBytes + width * height * 8 };
}

/**
 * The field that the bytes of a .flo file hold. Components beyond 1e9 mean that the flow there is unknown; they are kept as
 * they are.
 *
 * @param name of the file, for errors.
 * @throws InputError when they are not a .flo file, claim a side over 16,384 pixels, or are not as many as they claim.
 */
export function parseFlo(file: Uint8Array, name: string): FlowField {
  const { width, height, bytes } = parseFloHeader(file, name);
  checkFloLength(file.length, { width, height, bytes }, name);
  const view = new DataView(file.buffer, file.byteOffset + floHeaderBytes);
  const u = new Float32Array(width * height);
  const v = new Float32Array(width * height);
  for (let p = 0; p < u.length; p++) {
    u[p] = view.getFloat32(8 * p, true);
    v[p] = view.getFloat32(8 * p + 4, true);
  }
  return { width, height, u, v };
}

/** @throws InputError when a file of this length does not hold what its header claims. */
export function checkFloLength(
  length: number,
  { width, height, bytes }: Size & { readonly bytes: number },
  name: string,
): void {
  if (length !== bytes)
    throw new InputError(`${name}: ${length} bytes long; a flow of ${width}×${height} has ${bytes}`);
}

/** The bytes of a .flo file. */
export function floBytes({ width, height, u, v }: FlowField): Uint8Array {
  const bytes = new Uint8Array(floHeaderBytes + width * height * 8);
  const view = new DataView(bytes.buffer);
  view.setFloat32(0, tag, true);
  view.setInt32(4, width, true);
  view.setInt32(8, height, true);
  for (let p = 0; p < width * height; p++) {
    view.setFloat32(floHeaderBytes + 8 * p, u[p]!, true);
    view.setFloat32(floHeaderBytes + 8 * p + 4, v[p]!, true);
  }
  return bytes;
}
