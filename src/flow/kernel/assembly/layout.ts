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

// Checkerboard fields: the solver updates the pixels with even x + y ("red"), then the others ("black"), so a row is kept
// as two halves, its even columns and its odd ones, one red and one black, and a half is updated by whole vectors.
// Four pixels of a half form a block that holds all quantities of those pixels side by side: a loop then walks one
// pointer, and every quantity is at a fixed offset from it.

/** Blocks in a half row. */
export function blocksOf(width: i32): i32 {
  return (width + 7) >> 3;
}

/** 0 where the columns of this parity are red in row y, 1 where they are black. */
// @ts-ignore: decorator
@inline
export function colorOf(y: i32, parity: i32): i32 {
  return (y + parity) & 1;
}

// The flow is kept in lines. Line r interleaves, block by block, the red half of row r and the black half of row r − 1, which
// have their columns in common: the solver updates both in one pass.

/** Bytes from one block of a half row of flow to the next: four u and four v, red, then black. */
export const FLOW_STEP: usize = 4 * VECTOR;

/** Bytes of a line, with one block of border at each end. */
export function flowLine(width: i32): usize {
  return FLOW_STEP * (blocksOf(width) + 2);
}

/** A flow field of zeros; the address is that of the first block of line 0. Two lines of border above, two below the last, line `height`. */
export function allocateFlow(width: i32, height: i32): usize {
  return allocate(flowLine(width) * (height + 5)) + flowLine(width) * 2 + FLOW_STEP;
}

export function clearFlow(flow: usize, width: i32, height: i32): void {
  memory.fill(flow - FLOW_STEP, 0, flowLine(width) * (height + 1));
}

/** Address of the half row of the given parity: u of its first four pixels, then v. */
// @ts-ignore: decorator
@inline
export function flowHalf(flow: usize, line: usize, y: i32, parity: i32): usize {
  const color = colorOf(y, parity);
  return flow + <usize>(y + color) * line + <usize>color * (2 * VECTOR);
}

/** Address of u of column `x`, −1 ≤ x ≤ width; v follows one vector later. */
// @ts-ignore: decorator
@inline
export function flowAt(flow: usize, line: usize, x: i32, y: i32): usize {
  const i = x >> 1;
  return flowHalf(flow, line, y, x & 1) + <usize>((i >> 2) * <i32>FLOW_STEP + ((i & 3) << 2));
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
