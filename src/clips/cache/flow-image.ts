import type { FlowField } from '../../flow/index.ts';
import { imageLibrary } from '../../support/images.ts';

/** Displacements beyond this many pixels are clipped, as they are in the network's input. */
export const largestDisplacement = 20;
const levelsPerPixel = 127 / largestDisplacement;
const rest = 128;
const quality = 95;

/**
 * Consecutive flow fields as one JPEG: u above v, field under field, ±20 px mapped to 1..255 with rest at exactly
 * 128 (the encoding of two-stream networks: Wang et al., "Temporal Segment Networks", 2016, section 3.1).
 *
 * @param fields of one size; averaged over `reduction`² pixels first. The flow between edges is smooth, so half
 *   the resolution keeps it: see docs/clip-cache.md for the measured error.
 */
export async function encodeFlow(fields: readonly FlowField[], reduction: number): Promise<Buffer> {
  const [{ width, height } = internal('no flow field to encode')] = fields;
  const columns = Math.ceil(width / reduction);
  const rows = Math.ceil(height / reduction);
  const levels = new Uint8Array(fields.length * 2 * columns * rows);
  fields.forEach(({ u, v }, field) => {
    for (const [component, plane] of [u, v].entries()) {
      const start = (field * 2 + component) * columns * rows;
      writeLevels(plane, width, height, reduction, levels.subarray(start, start + columns * rows));
    }
  });
  const raw = { width: columns, height: fields.length * 2 * rows, channels: 1 } as const;
  const sharp = await imageLibrary();
  return await sharp(levels, { raw }).jpeg({ quality }).toBuffer();
}

function writeLevels(
  plane: Float32Array,
  width: number,
  height: number,
  reduction: number,
  levels: Uint8Array,
) {
  let next = 0;
  for (let top = 0; top < height; top += reduction) {
    const bottom = Math.min(top + reduction, height);
    for (let left = 0; left < width; left += reduction) {
      const right = Math.min(left + reduction, width);
      let sum = 0;
      for (let y = top; y < bottom; y++) for (let x = left; x < right; x++) sum += plane[y * width + x]!;
      const mean = sum / ((bottom - top) * (right - left));
      const clipped = Math.max(-largestDisplacement, Math.min(largestDisplacement, mean));
      levels[next++] = Math.round(rest + clipped * levelsPerPixel);
    }
  }
}

/** A flow field as it is stored: 0..255, ±20 px at 1 and 255, rest at 128. */
export interface FlowLevels {
  readonly width: number;
  readonly height: number;
  readonly u: Uint8Array;
  readonly v: Uint8Array;
}

/** A field at rest, for a segment that has none. */
export const restingFlow: FlowLevels = {
  width: 1,
  height: 1,
  u: Uint8Array.of(rest),
  v: Uint8Array.of(rest),
};

/**
 * What `encodeFlow` wrote, at the resolution it wrote.
 *
 * @throws Error when the bytes are not an image of `count` fields.
 */
export async function decodeFlow(jpeg: Uint8Array, count: number): Promise<FlowLevels[]> {
  const sharp = await imageLibrary();
  const { data, info } = await sharp(jpeg).extractChannel(0).raw().toBuffer({ resolveWithObject: true });
  const { width, channels } = info;
  const height = info.height / (2 * count);
  if (!Number.isInteger(height) || channels !== 1)
    throw new Error(`${info.height} lines of ${channels} channels do not hold ${count} flow fields`);
  const plane = (index: number) => data.subarray(index * width * height, (index + 1) * width * height);
  return Array.from({ length: count }, (_, field) => ({
    width,
    height,
    u: plane(2 * field),
    v: plane(2 * field + 1),
  }));
}

/** The displacements, in pixels of the full picture, at the resolution of the levels. */
export function flowOfLevels({ width, height, u, v }: FlowLevels): FlowField {
  const displacements = (levels: Uint8Array) => Float32Array.from(levels, displacementOfLevel);
  return { width, height, u: displacements(u), v: displacements(v) };
}

/** Linear, so that a level interpolated between two gives the displacement between theirs. */
export function displacementOfLevel(level: number): number {
  return (level - rest) / levelsPerPixel;
}

function internal(message: string): never {
  throw new Error(`internal: ${message}`);
}
