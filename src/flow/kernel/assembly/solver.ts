// Red-black successive over-relaxation, many half-sweeps in flight. A half-sweep updates the pixels of one color
// from their four neighbors of the other. Row y of half-sweep k needs rows y − 1 … y + 1 of half-sweep k − 1 only, so
// the half-sweeps follow each other down the frame one row apart: the coefficients of a dozen rows, made just
// before, stay in cache for all sweeps. The result is that of sweeping the whole frame each time, to the bit.
import { FLOW_STEP, VECTOR, blocksOf, flowLine } from './layout';
import { SAMPLE_BLOCK } from './derivatives';
import { DATA_BLOCK } from './warp';
import { BLACK, BLACK_UP, DOWN, INVERSE, LEFT, RHS, RIGHT, SYSTEM_STEP, UP, assembleRow, diffusivityHalf, diffusivityRow, negateRow } from './system';

/** Lines of coefficients kept: each is used in every sweep, two lines behind the sweep before. */
function systemLines(sweeps: i32): i32 {
  return max(2, 2 * sweeps);
}

export function systemBytes(width: i32, sweeps: i32): usize {
  return SYSTEM_STEP * blocksOf(width) * systemLines(sweeps);
}

/** Four rows of diffusivities, three in use and one for the negated row beyond the edge, and half a row of data weights. */
export function weightBytes(width: i32): usize {
  return diffusivityHalf(width) * 10;
}

/** One lagged-nonlinearity step: weights and system at the current flow, then `sweeps` red-black sweeps. */
export function solve(
  flow: usize, data: usize, samples: usize, mask: usize, weights: usize, system: usize, width: i32, height: i32,
  alpha: f32, gamma: f32, omega: f32, dataEpsilon: f32, smoothnessEpsilon: f32, edgeSlope: f32, sweeps: i32,
): void {
  const blocks = blocksOf(width);
  const dataRow = DATA_BLOCK * 2 * blocks;
  const sampleRow = SAMPLE_BLOCK * 2 * blocks;
  const flowBytes = flowLine(width);
  const systemLine = SYSTEM_STEP * blocks;
  const lines = systemLines(sweeps);
  const diffusivityRowBytes = diffusivityHalf(width) * 2;
  const diffusivity = weights + VECTOR;
  const dataWeights = weights + 4 * diffusivityRowBytes;
  const keep = f32x4.splat(1 - omega);
  memory.fill(system, 0, systemLine); // line 0 has no black half
  // step t: the diffusivity of row t, the system of row y = t − 1, sweep k of line y − 2 k
  for (let t = 0; t <= height + 2 * sweeps; t++) {
    if (t < height)
      diffusivityRow(
        flow, samples + <usize>t * sampleRow, t, diffusivity + <usize>(t & 3) * diffusivityRowBytes, width, height,
        alpha, smoothnessEpsilon, edgeSlope,
      );
    const y = t - 1;
    if (y < 0) continue;
    const line = system + <usize>(y % lines) * systemLine;
    if (y < height) {
      const here = diffusivity + <usize>(y & 3) * diffusivityRowBytes;
      const above = diffusivity + <usize>((y + 3) & 3) * diffusivityRowBytes;
      const below = diffusivity + <usize>((y + 1) & 3) * diffusivityRowBytes;
      if (y == 0) negateRow(here - VECTOR, above - VECTOR, width);
      if (y == height - 1) negateRow(here - VECTOR, below - VECTOR, width);
      assembleRow(
        flow, y, data + <usize>y * dataRow, mask, dataWeights, here, above, below, line, system + <usize>((y + 1) % lines) * systemLine,
        width, gamma, omega, dataEpsilon,
      );
    } else if (y == height) clearRed(line, blocks); // the last line has no red half
    for (let k = 0; k < sweeps; k++) {
      const r = y - 2 * k;
      if (r < 0) break;
      if (r > height) continue;
      const coefficients = system + <usize>(r % lines) * systemLine;
      if (r & 1) sweepOddLine(flow + <usize>r * flowBytes, flowBytes, coefficients, blocks, keep);
      else sweepEvenLine(flow + <usize>r * flowBytes, flowBytes, coefficients, blocks, keep);
    }
  }
}

function clearRed(line: usize, blocks: i32): void {
  for (let i = 0; i < blocks; i++) memory.fill(line + SYSTEM_STEP * i, 0, BLACK);
}

// Line r: the red half of row r, then the black half of row r − 1, for which this is the second half of the same sweep. In an even
// row the red columns are even.

function sweepEvenLine(line: usize, bytes: usize, system: usize, blocks: i32, keep: v128): void {
  sweepLine(line, bytes, system, blocks, keep, false);
}

function sweepOddLine(line: usize, bytes: usize, system: usize, blocks: i32, keep: v128): void {
  sweepLine(line, bytes, system, blocks, keep, true);
}

const BLACK_FLOW: usize = 2 * VECTOR;
/** A sum is stored here while the next is made: otherwise all loads come first, and registers run out. */
const sum = memory.data(16, 16);

// @ts-ignore: decorator
@inline
function sweepLine(line: usize, bytes: usize, system: usize, blocks: i32, keep: v128, odd: bool): void {
  let above = line - bytes * 2; // red of row r − 2
  let upper = line - bytes; // red of row r − 1, beside the black
  let beside = line + bytes + BLACK_FLOW; // black of row r, beside the red
  let below = line + bytes * 2 + BLACK_FLOW; // black of row r + 1
  // the neighbors left and right of an even column are in the block before and in the block itself, those of an odd
  // column in the block itself and in the one after
  if (!odd) {
    upper -= FLOW_STEP;
    beside -= FLOW_STEP;
  }
  const end = line + FLOW_STEP * blocks;
  while (line < end) {
    let left = v128.load(system, LEFT);
    let right = v128.load(system, RIGHT);
    const between = v128.load(system, UP);
    const down = v128.load(system, DOWN);
    const blackU = v128.load(line, BLACK_FLOW);
    let a = v128.load(beside);
    let b = v128.load(beside, FLOW_STEP);
    v128.store(sum, f32x4.add(v128.load(system, RHS), dot4(left, leftOf(a, b, odd), right, rightOf(a, b, odd), between, blackU, down, v128.load(below))));
    const blackV = v128.load(line, BLACK_FLOW + VECTOR);
    a = v128.load(beside, VECTOR);
    b = v128.load(beside, FLOW_STEP + VECTOR);
    let sumV = f32x4.add(v128.load(system, RHS + VECTOR), dot4(left, leftOf(a, b, odd), right, rightOf(a, b, odd), between, blackV, down, v128.load(below, VECTOR)));
    let sumU = v128.load(sum);
    let q12 = v128.load(system, INVERSE + VECTOR);
    const redU = relaxed(keep, v128.load(line), v128.load(system, INVERSE), sumU, q12, sumV);
    v128.store(line, redU);
    const redV = relaxed(keep, v128.load(line, VECTOR), q12, sumU, v128.load(system, INVERSE + 2 * VECTOR), sumV);
    v128.store(line, redV, VECTOR);

    left = v128.load(system, BLACK + LEFT);
    right = v128.load(system, BLACK + RIGHT);
    const up = v128.load(system, BLACK_UP);
    a = v128.load(upper);
    b = v128.load(upper, FLOW_STEP);
    v128.store(sum, f32x4.add(v128.load(system, BLACK + RHS), dot4(left, leftOf(a, b, odd), right, rightOf(a, b, odd), up, v128.load(above), between, redU)));
    a = v128.load(upper, VECTOR);
    b = v128.load(upper, FLOW_STEP + VECTOR);
    sumV = f32x4.add(v128.load(system, BLACK + RHS + VECTOR), dot4(left, leftOf(a, b, odd), right, rightOf(a, b, odd), up, v128.load(above, VECTOR), between, redV));
    sumU = v128.load(sum);
    q12 = v128.load(system, BLACK + INVERSE + VECTOR);
    v128.store(line, relaxed(keep, blackU, v128.load(system, BLACK + INVERSE), sumU, q12, sumV), BLACK_FLOW);
    v128.store(line, relaxed(keep, blackV, q12, sumU, v128.load(system, BLACK + INVERSE + 2 * VECTOR), sumV), BLACK_FLOW + VECTOR);

    line += FLOW_STEP;
    above += FLOW_STEP;
    upper += FLOW_STEP;
    beside += FLOW_STEP;
    below += FLOW_STEP;
    system += SYSTEM_STEP;
  }
}

// @ts-ignore: decorator
@inline
function leftOf(a: v128, b: v128, odd: bool): v128 {
  return odd ? a : v128.shuffle<f32>(a, b, 3, 4, 5, 6);
}

// @ts-ignore: decorator
@inline
function rightOf(a: v128, b: v128, odd: bool): v128 {
  return odd ? v128.shuffle<f32>(a, b, 1, 2, 3, 4) : b;
}

// @ts-ignore: decorator
@inline
function dot4(a: v128, p: v128, b: v128, q: v128, c: v128, r: v128, d: v128, s: v128): v128 {
  return f32x4.add(f32x4.add(f32x4.mul(a, p), f32x4.mul(b, q)), f32x4.add(f32x4.mul(c, r), f32x4.mul(d, s)));
}

/** (1 − ω) of the old value and ω of the solution of the pixel's 2×2 system. */
// @ts-ignore: decorator
@inline
function relaxed(keep: v128, old: v128, q1: v128, b1: v128, q2: v128, b2: v128): v128 {
  return f32x4.add(f32x4.mul(keep, old), f32x4.add(f32x4.mul(q1, b1), f32x4.mul(q2, b2)));
}
