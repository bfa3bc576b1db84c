import type { Field } from '../../streams/index.ts';
import { imageLibrary } from '../../support/images.ts';
import { displacements, rest, writeLevels } from './flow-levels.ts';

const quality = 95;

/**
 * Consecutive fields as one JPEG: u above v, field under field, the signed root of displacements of ±20 mapped to 1..255
 * with rest at exactly 128 (two-stream networks store flow as pictures, too: Wang et al., "Temporal Segment Networks",
 * 2016, section 3.1; they map it linearly).
 *
 * @param fields of one size; those of no size of their own (1 × 1, at rest) take it from the others.
 */
export async function encodeFlow(fields: readonly Field[]): Promise<Buffer> {
  const { width, height } = fields.reduce((largest, field) =>
    field.width > largest.width ? field : largest,
  );
  const area = width * height;
  const image = new Uint8Array(fields.length * 2 * area).fill(rest);
  fields.forEach(({ u, v }, index) => {
    if (u.length !== area) return;
    for (const [component, plane] of [u, v].entries()) {
      const start = (index * 2 + component) * area;
      writeLevels(plane, image.subarray(start, start + area));
    }
  });
  const raw = { width, height: fields.length * 2 * height, channels: 1 } as const;
  const sharp = await imageLibrary();
  return await sharp(image, { raw }).jpeg({ quality }).toBuffer();
}

/**
 * What `encodeFlow` wrote.
 *
 * @throws Error when the bytes are not an image of `count` fields.
 */
export async function decodeFlow(jpeg: Uint8Array, count: number): Promise<Field[]> {
  const sharp = await imageLibrary();
  const { data, info } = await sharp(jpeg).extractChannel(0).raw().toBuffer({ resolveWithObject: true });
  const { width, channels } = info;
  const height = info.height / (2 * count);
  if (!Number.isInteger(height) || channels !== 1)
    throw new Error(`${info.height} lines of ${channels} channels do not hold ${count} flow fields`);
  const plane = (index: number) => {
    const own = data.subarray(index * width * height, (index + 1) * width * height);
    const plane = new Float32Array(own.length);
    // a loop: `Float32Array.from` takes thirty times as long
    for (let i = 0; i < own.length; i++) plane[i] = displacements[own[i]!]!;
    return plane;
  };
  return Array.from({ length: count }, (_, field) => ({
    width,
    height,
    u: plane(2 * field),
    v: plane(2 * field + 1),
  }));
}
