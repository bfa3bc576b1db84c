import type { FlowField } from '../flow/index.ts';
import type { Random } from '../support/random.ts';

/** A square part of a picture, in its pixels. */
export interface Crop {
  readonly left: number;
  readonly top: number;
  readonly side: number;
  /** Whether left and right are exchanged after cutting it out. */
  readonly mirrored: boolean;
}

/** The middle of a picture: what evaluation sees. @throws TypeError when the picture is smaller than the square. */
export function centreCrop(width: number, height: number, side: number): Crop {
  fits(width, height, side);
  return { left: (width - side) >> 1, top: (height - side) >> 1, side, mirrored: false };
}

/** The paper's augmentation, section 4: a random square, mirrored half of the time. One serves all frames of a clip. */
export function randomCrop(width: number, height: number, side: number, random: Random): Crop {
  fits(width, height, side);
  return {
    left: random.integer(width - side + 1),
    top: random.integer(height - side + 1),
    side,
    mirrored: random.uniform() < 0.5,
  };
}

function fits(width: number, height: number, side: number): void {
  if (side > width || side > height)
    throw new TypeError(`a square of ${side} does not fit ${width}×${height}`);
}

/**
 * The crop of a picture.
 *
 * @param rgb packed, three bytes a pixel, `width` pixels a row.
 * @returns packed RGB of side × side.
 */
export function cropPicture(rgb: Uint8Array, width: number, { left, top, side, mirrored }: Crop): Uint8Array {
  const cropped = new Uint8Array(side * side * 3);
  for (let y = 0; y < side; y++) {
    const row = ((top + y) * width + left) * 3;
    if (!mirrored) cropped.set(rgb.subarray(row, row + side * 3), y * side * 3);
    else {
      for (let x = 0; x < side; x++) {
        const from = row + 3 * (side - 1 - x);
        cropped.set(rgb.subarray(from, from + 3), (y * side + x) * 3);
      }
    }
  }
  return cropped;
}

/**
 * The same crop of the flow of that picture, bilinearly enlarged when the field is stored smaller. Displacements
 * stay in pixels of the picture; mirroring negates those to the right.
 *
 * @param pictureWidth of the picture that the crop is measured in.
 */
export function cropFlow(
  field: FlowField,
  pictureWidth: number,
  pictureHeight: number,
  crop: Crop,
): FlowField {
  const { side, mirrored } = crop;
  const columns = places(crop.left, side, field.width / pictureWidth, field.width);
  const rows = places(crop.top, side, field.height / pictureHeight, field.height);
  if (mirrored) columns.reverse();
  const u = sampled(field.u, field.width, rows, columns);
  if (mirrored) for (let i = 0; i < u.length; i++) u[i] = -u[i]!;
  return { width: side, height: side, u, v: sampled(field.v, field.width, rows, columns) };
}

/** Where the centre of a picture's pixel lies in the field: between `before` and `after`, at `share` of the way. */
interface Place {
  before: number;
  after: number;
  share: number;
}

function places(start: number, count: number, scale: number, size: number): Place[] {
  return Array.from({ length: count }, (_, i) => {
    const position = Math.max(0, Math.min(size - 1, (start + i + 0.5) * scale - 0.5));
    const before = Math.floor(position);
    return { before, after: Math.min(before + 1, size - 1), share: position - before };
  });
}

function sampled(
  plane: Float32Array,
  width: number,
  rows: readonly Place[],
  columns: readonly Place[],
): Float32Array {
  const cropped = new Float32Array(rows.length * columns.length);
  let next = 0;
  for (const row of rows) {
    const upper = row.before * width;
    const lower = row.after * width;
    for (const { before, after, share } of columns) {
      const above = plane[upper + before]! * (1 - share) + plane[upper + after]! * share;
      const below = plane[lower + before]! * (1 - share) + plane[lower + after]! * share;
      cropped[next++] = above * (1 - row.share) + below * row.share;
    }
  }
  return cropped;
}
