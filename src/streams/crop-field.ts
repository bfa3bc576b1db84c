import type { Crop } from './crop.ts';
import type { Field } from './material.ts';

/**
 * The crop of a picture's field: bilinearly enlarged where the field is smaller than the picture, mirrored with its
 * displacements to the right negated.
 *
 * @param picture whose pixels the crop is measured in.
 * @param room receives the result: a field of side × side. Default: a new one.
 * @returns a field of side × side.
 */
export function cropField(
  { width, height, u, v }: Field,
  picture: { readonly width: number; readonly height: number },
  { left, top, side, mirrored }: Crop,
  room: Field = emptyField(side),
): Field {
  const columns = places(left, side, width / picture.width, width);
  const rows = places(top, side, height / picture.height, height);
  const direction = mirrored ? -1 : 1;
  const { u: right, v: down } = room;
  for (let y = 0; y < side; y++) {
    const upper = rows.before[y]! * width;
    const lower = rows.after[y]! * width;
    const below = rows.share[y]!;
    for (let x = 0; x < side; x++) {
      const before = columns.before[x]!;
      const after = columns.after[x]!;
      const along = columns.share[x]!;
      // the weights of the four places around this one
      const d = along * below;
      const c = below - d;
      const b = along - d;
      const a = 1 - along - c;
      const [i, j, k, l] = [upper + before, upper + after, lower + before, lower + after];
      const at = y * side + (mirrored ? side - 1 - x : x);
      right[at] = direction * (a * u[i]! + b * u[j]! + c * u[k]! + d * u[l]!);
      down[at] = a * v[i]! + b * v[j]! + c * v[k]! + d * v[l]!;
    }
  }
  return room;
}

/** A square field at rest. */
export function emptyField(side: number): Field {
  return { width: side, height: side, u: new Float32Array(side * side), v: new Float32Array(side * side) };
}

/** Where the centers of a picture's pixels lie in the field: between `before` and `after`, at `share` of the way. */
interface Places {
  readonly before: Int32Array;
  readonly after: Int32Array;
  readonly share: Float64Array;
}

function places(start: number, count: number, scale: number, size: number): Places {
  const before = new Int32Array(count);
  const after = new Int32Array(count);
  const share = new Float64Array(count);
  for (let i = 0; i < count; i++) {
    const position = Math.max(0, Math.min(size - 1, (start + i + 0.5) * scale - 0.5));
    before[i] = Math.floor(position);
    after[i] = Math.min(before[i]! + 1, size - 1);
    share[i] = position - before[i]!;
  }
  return { before, after, share };
}
