import { displacementOfLevel, type FlowLevels } from './cache/flow-image.ts';
import type { Crop } from './crop.ts';
import { flowNormalisation, largestDisplacement } from './network-inputs.ts';

/**
 * The crop of a clip's pictures, of its flow as it is stored: bilinearly enlarged where it is smaller than the pictures,
 * mirrored with its displacements to the right negated, and normalised as `writeFlow` does. One pass without anything
 * in between, for a training step does it for millions of places.
 *
 * @param picture whose pixels the crop, and the displacements, are measured in.
 * @param input receives [3, side, side].
 */
export function writeFlowCrop(
  field: FlowLevels,
  picture: { readonly width: number; readonly height: number },
  crop: Crop,
  input: Float32Array,
): void {
  const { side, mirrored } = crop;
  const { width, u, v } = field;
  const area = side * side;
  const columns = places(crop.left, side, width / picture.width, width);
  const rows = places(crop.top, side, field.height / picture.height, field.height);
  const { scale, offset } = flowNormalisation;
  const direction = mirrored ? -1 : 1;
  const perLevel = displacementOfLevel(1) - displacementOfLevel(0);
  const atLevelZero = displacementOfLevel(0);
  for (let y = 0; y < side; y++) {
    const upper = rows.before[y]! * width;
    const lower = rows.after[y]! * width;
    const down = rows.share[y]!;
    for (let x = 0; x < side; x++) {
      const left = columns.before[x]!;
      const right = columns.after[x]!;
      const along = columns.share[x]!;
      // the weights of the four stored places around this one
      const d = along * down;
      const c = down - d;
      const b = along - d;
      const a = 1 - along - c;
      const [i, j, k, l] = [upper + left, upper + right, lower + left, lower + right];
      const levelU = a * u[i]! + b * u[j]! + c * u[k]! + d * u[l]!;
      const levelV = a * v[i]! + b * v[j]! + c * v[k]! + d * v[l]!;
      const toRight = direction * (atLevelZero + perLevel * levelU);
      const toBottom = atLevelZero + perLevel * levelV;
      const length = Math.min(largestDisplacement, Math.sqrt(toRight * toRight + toBottom * toBottom));
      const at = y * side + (mirrored ? side - 1 - x : x);
      input[at] = toRight * scale[0]! + offset[0]!;
      input[area + at] = toBottom * scale[1]! + offset[1]!;
      input[2 * area + at] = length * scale[2]! + offset[2]!;
    }
  }
}

/** Where the centres of a picture's pixels lie in the field: between `before` and `after`, at `share` of the way. */
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
