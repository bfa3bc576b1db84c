// What patches are compared by (`../../patches.ts`): each gray value less the mean of the 9×9 pixels around it, as 16-bit numbers in
// parts of a gray level, with the edge repeated into a border that patches may reach.
import { BORDER, VECTOR, allocate, imageStride } from './layout';

/** Parts of a gray level. */
export const GRAY_PARTS: i32 = 32;
/** Pixels around the picture; a patch reaches three, and one more between pixels. */
const DETAIL_BORDER: i32 = 4;
/** Pixels on a side of the surroundings: as far as the border of an image plane. */
const SURROUNDINGS: i32 = 2 * BORDER + 1;

/** Bytes from a row to the next. */
export function detailStride(width: i32): usize {
  return <usize>(width + 2 * DETAIL_BORDER) << 1;
}

/** The address is that of pixel (0, 0). A vector more at the end: rows are read by whole vectors. */
export function allocateDetail(width: i32, height: i32): usize {
  const stride = detailStride(width);
  return allocate(stride * (height + 2 * DETAIL_BORDER) + 2 * VECTOR) + stride * DETAIL_BORDER + (DETAIL_BORDER << 1);
}

/** @param sums room for one padded image row. */
export function writeDetail(image: usize, width: i32, height: i32, detail: usize, sums: usize): void {
  const stride = <usize>imageStride(width) << 2;
  const detailBytes = detailStride(width);
  const share = f32x4.splat(<f32>1 / <f32>(SURROUNDINGS * SURROUNDINGS));
  for (let y = 0; y < height; y++) {
    const row = image + <usize>y * stride;
    const target = detail + <usize>y * detailBytes;
    const top = row - <usize>BORDER * (stride + 4);
    for (let i: usize = 0; i < stride; i += VECTOR) {
      let sum = v128.load(top + i);
      for (let j = 1; j < SURROUNDINGS; j++) sum = f32x4.add(sum, v128.load(top + i + <usize>j * stride));
      v128.store(sums + i, sum);
    }
    for (let x = 0; x < width; x += 4) {
      const from = sums + (<usize>x << 2);
      let sum = v128.load(from);
      for (let i = 1; i < SURROUNDINGS; i++) sum = f32x4.add(sum, v128.load(from + (<usize>i << 2)));
      const value = f32x4.sub(v128.load(row + (<usize>x << 2)), f32x4.mul(sum, share));
      const whole = i32x4.trunc_sat_f32x4_s(f32x4.floor(f32x4.add(f32x4.mul(value, f32x4.splat(<f32>GRAY_PARTS)), f32x4.splat(0.5))));
      v128.store64_lane(target + (<usize>x << 1), i16x8.narrow_i32x4_s(whole, whole), 0); // may run into the border
    }
    const last = load<i16>(target + (<usize>(width - 1) << 1));
    for (let k = 1; k <= DETAIL_BORDER; k++) {
      store<i16>(target - (<usize>k << 1), load<i16>(target));
      store<i16>(target + (<usize>(width - 1 + k) << 1), last);
    }
  }
  const first = detail - (DETAIL_BORDER << 1);
  const last = first + <usize>(height - 1) * detailBytes;
  for (let k: usize = 1; k <= <usize>DETAIL_BORDER; k++) {
    memory.copy(first - k * detailBytes, first, detailBytes);
    memory.copy(last + k * detailBytes, last, detailBytes);
  }
}
