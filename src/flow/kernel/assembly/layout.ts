// Where everything lies in memory. A kernel serves one frame size: all is allocated once, nothing is freed.

/** Bytes of four float32 numbers, the unit of every load and store. */
export const VECTOR: usize = 16;

// Image planes: row-major float32. The spline reads one pixel before and two after a position, the pyramid
// three before and four after; with the edge repeated into a border, no inner loop asks where the frame ends.
export const BORDER: i32 = 4;

export function allocate(bytes: usize): usize {
  const start = (heap.alloc(bytes + 63) + 63) & ~63; // whole cache lines
  memory.fill(start, 0, bytes);
  return start;
}

export function imageStride(width: i32): i32 {
  return ((width + 3) & ~3) + 2 * BORDER;
}

/** A plane with its border; the address is that of pixel (0, 0). */
export function allocateImage(width: i32, height: i32): usize {
  const stride = <usize>imageStride(width) * 4;
  return allocate(stride * (height + 2 * BORDER)) + stride * BORDER + BORDER * 4;
}

/** Repeats the edge of a plane into its border. */
export function repeatEdge(image: usize, width: i32, height: i32): void {
  const stride = <usize>imageStride(width) * 4;
  for (let y = 0; y < height; y++) repeatRowEdge(image + <usize>y * stride, width);
  for (let k = 1; k <= BORDER; k++) {
    memory.copy(image - <usize>k * stride - BORDER * 4, image - BORDER * 4, stride);
    const last = image + <usize>(height - 1) * stride - BORDER * 4;
    memory.copy(last + <usize>k * stride, last, stride);
  }
}

export function repeatRowEdge(row: usize, width: i32): void {
  const end = row + ((<usize>width - 1) << 2);
  const first = load<f32>(row);
  const last = load<f32>(end);
  for (let k: usize = 4; k <= <usize>BORDER * 4; k += 4) {
    store<f32>(row - k, first);
    store<f32>(end + k, last);
  }
}

// Checkerboard fields (flow, derivatives, coefficients): the solver updates the pixels with even x + y, then the
// others, so a row is kept as two halves, its even columns and its odd ones, and each half is updated by whole
// vectors. Four pixels of a half form a block that holds all quantities of those pixels side by side: a loop
// then walks one pointer, and every quantity is at a fixed offset from it.

/** Blocks in a half row. */
export function blocksOf(width: i32): i32 {
  return (width + 7) >> 3;
}

/** Bytes of a block of flow: four u, four v. */
export const FLOW_BLOCK: usize = 2 * VECTOR;

/** Bytes of half a row of flow, with one block of border at each end. */
export function flowHalf(width: i32): usize {
  return FLOW_BLOCK * (blocksOf(width) + 2);
}

/** A flow field; the address is that of u of pixel (0, 0). One row of border above and below. */
export function allocateFlow(width: i32, height: i32): usize {
  const row = flowHalf(width) * 2;
  return allocate(row * (height + 2)) + row + FLOW_BLOCK;
}

/** Offset of u of column `x` within a row of flow, −1 ≤ x ≤ width; v follows one vector later. */
// @ts-ignore: decorator
@inline
export function flowOffset(x: i32, half: usize): usize {
  const i = x >> 1;
  return <usize>(x & 1) * half + <usize>((i >> 2) * <i32>FLOW_BLOCK) + <usize>((i & 3) << 2);
}

// @ts-ignore: decorator
@inline
export function even(a: v128, b: v128): v128 {
  return v128.shuffle<f32>(a, b, 0, 2, 4, 6);
}

// @ts-ignore: decorator
@inline
export function odd(a: v128, b: v128): v128 {
  return v128.shuffle<f32>(a, b, 1, 3, 5, 7);
}
