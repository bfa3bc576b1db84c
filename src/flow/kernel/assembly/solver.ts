// Red-black successive over-relaxation, many half-sweeps in flight. A half-sweep updates the pixels of one colour
// (x + y even, then odd) from their four neighbours of the other. Row y of half-sweep k needs rows y − 1 … y + 1 of
// half-sweep k − 1 only, so the half-sweeps follow each other down the frame one row apart: the coefficients of a dozen
// rows, made just before, stay in cache for all sweeps. The result is that of sweeping the whole frame each time, to the bit.
import { FLOW_BLOCK, VECTOR, blocksOf, flowHalf } from './layout';
import { DATA_BLOCK } from './warp';
import { SYSTEM_BLOCK, assembleRow, diffusivityHalf, diffusivityRow, negateRow } from './system';

/** Rows of coefficients kept: a row is used by 2 · sweeps half-sweeps, and the newest is being written. */
export function systemRows(sweeps: i32): i32 {
  return 2 * sweeps + 1;
}

export function systemBytes(width: i32, sweeps: i32): usize {
  return SYSTEM_BLOCK * 2 * blocksOf(width) * systemRows(sweeps);
}

/** Four rows: three in use and one for the negated row beyond the edge. */
export function diffusivityBytes(width: i32): usize {
  return 4 * diffusivityHalf(width) * 2;
}

/** One lagged-nonlinearity step: weights and system at the current flow, then `sweeps` red-black sweeps. */
export function solve(
  flow: usize, data: usize, mask: usize, diffusivity: usize, system: usize, width: i32, height: i32,
  alpha: f32, gamma: f32, omega: f32, epsilon: f32, sweeps: i32, joint: bool,
): void {
  const blocks = blocksOf(width);
  const dataRow = DATA_BLOCK * 2 * blocks;
  const half = flowHalf(width);
  const flowRow = half * 2;
  const weightRow = diffusivityHalf(width) * 2;
  const ring = systemRows(sweeps);
  const halfSweeps = 2 * sweeps;
  const weights = diffusivity + VECTOR;
  // step t: the diffusivity of row t, the system of row t − 1, half-sweep k of row t − 1 − k
  for (let t = 0; t < height + halfSweeps; t++) {
    if (t < height) diffusivityRow(flow, t, weights + <usize>(t & 3) * weightRow, width, height, alpha, epsilon);
    const y = t - 1;
    if (y < 0) continue;
    if (y < height) {
      const here = weights + <usize>(y & 3) * weightRow;
      const above = weights + <usize>((y + 3) & 3) * weightRow;
      const below = weights + <usize>((y + 1) & 3) * weightRow;
      if (y == 0) negateRow(here - VECTOR, above - VECTOR, width);
      if (y == height - 1) negateRow(here - VECTOR, below - VECTOR, width);
      assembleRow(
        flow + <usize>y * flowRow, data + <usize>y * dataRow, mask, here, above, below,
        system + <usize>(y % ring) * SYSTEM_BLOCK * 2 * blocks, width, gamma, omega, epsilon, joint,
      );
    }
    // half-sweeps in pairs: k of row r together with k + 1 of row r − 1
    for (let k = 0; k < halfSweeps; k += 2) {
      const r = y - k;
      if (r < 0) break;
      if (r > height) continue;
      const parity = r & 1;
      const first = system + <usize>(2 * (r % ring) + parity) * SYSTEM_BLOCK * blocks;
      const second = system + <usize>(2 * ((r + ring - 1) % ring) + parity) * SYSTEM_BLOCK * blocks;
      const own = flow + <usize>r * flowRow + <usize>parity * half;
      // the two blocks around block i of an even half are i − 1 and i of the odd half; around an odd one i and i + 1 of the even
      const other = flow + <usize>r * flowRow + (parity ? 0 : half - FLOW_BLOCK);
      if (r > 0 && r < height) {
        if (parity) sweepOddPair(own, other, first, second, half, blocks, omega);
        else sweepEvenPair(own, other, first, second, half, blocks, omega);
      } else {
        const shift: usize = r < height ? 0 : flowRow;
        const coefficients = r < height ? first : second;
        if (parity) sweepOdd(own - shift, other - shift, coefficients, half, blocks, omega);
        else sweepEven(own - shift, other - shift, coefficients, half, blocks, omega);
      }
    }
  }
}

/**
 * Half-sweep k of row r and half-sweep k + 1 of row r − 1. Both update the same half, and what the first writes is what
 * the second reads from below, what the first reads from above is what the second updates: both pass in registers.
 */
function sweepEvenPair(own: usize, other: usize, first: usize, second: usize, half: usize, blocks: i32, omega: f32): void {
  sweepPair(own, other, first, second, half, blocks, omega, false);
}

function sweepOddPair(own: usize, other: usize, first: usize, second: usize, half: usize, blocks: i32, omega: f32): void {
  sweepPair(own, other, first, second, half, blocks, omega, true);
}

// @ts-ignore: decorator
@inline
function sweepPair(
  own: usize, other: usize, first: usize, second: usize, half: usize, blocks: i32, omega: f32, odd: bool,
): void {
  const keep = f32x4.splat(1 - omega);
  const flowRow = half * 2;
  let upperOwn = own - flowRow;
  let upperOther = other - flowRow;
  let above = upperOwn - flowRow;
  let below = own + flowRow;
  // of the other half, the block before (even columns) or the block itself (odd columns)
  let u0 = v128.load(other), v0 = v128.load(other, VECTOR);
  let u1 = v128.load(upperOther), v1 = v128.load(upperOther, VECTOR);
  const end = own + FLOW_BLOCK * blocks;
  while (own < end) {
    const upperU = v128.load(upperOwn);
    const upperV = v128.load(upperOwn, VECTOR);
    let nextU = v128.load(other, FLOW_BLOCK);
    let nextV = v128.load(other, FLOW_BLOCK + VECTOR);
    let left = v128.load(first, 5 * VECTOR);
    let right = v128.load(first, 6 * VECTOR);
    let up = v128.load(first, 7 * VECTOR);
    let down = v128.load(first, 8 * VECTOR);
    let b1 = f32x4.add(v128.load(first), dot4(left, leftOf(u0, nextU, odd), right, rightOf(u0, nextU, odd), up, upperU, down, v128.load(below)));
    let b2 = f32x4.add(v128.load(first, VECTOR), dot4(left, leftOf(v0, nextV, odd), right, rightOf(v0, nextV, odd), up, upperV, down, v128.load(below, VECTOR)));
    let q12 = v128.load(first, 3 * VECTOR);
    const newU = relaxed(keep, v128.load(own), v128.load(first, 2 * VECTOR), b1, q12, b2);
    const newV = relaxed(keep, v128.load(own, VECTOR), q12, b1, v128.load(first, 4 * VECTOR), b2);
    v128.store(own, newU);
    v128.store(own, newV, VECTOR);
    u0 = nextU;
    v0 = nextV;

    nextU = v128.load(upperOther, FLOW_BLOCK);
    nextV = v128.load(upperOther, FLOW_BLOCK + VECTOR);
    left = v128.load(second, 5 * VECTOR);
    right = v128.load(second, 6 * VECTOR);
    up = v128.load(second, 7 * VECTOR);
    down = v128.load(second, 8 * VECTOR);
    b1 = f32x4.add(v128.load(second), dot4(left, leftOf(u1, nextU, odd), right, rightOf(u1, nextU, odd), up, v128.load(above), down, newU));
    b2 = f32x4.add(v128.load(second, VECTOR), dot4(left, leftOf(v1, nextV, odd), right, rightOf(v1, nextV, odd), up, v128.load(above, VECTOR), down, newV));
    q12 = v128.load(second, 3 * VECTOR);
    v128.store(upperOwn, relaxed(keep, upperU, v128.load(second, 2 * VECTOR), b1, q12, b2));
    v128.store(upperOwn, relaxed(keep, upperV, q12, b1, v128.load(second, 4 * VECTOR), b2), VECTOR);
    u1 = nextU;
    v1 = nextV;

    own += FLOW_BLOCK;
    other += FLOW_BLOCK;
    upperOwn += FLOW_BLOCK;
    upperOther += FLOW_BLOCK;
    above += FLOW_BLOCK;
    below += FLOW_BLOCK;
    first += SYSTEM_BLOCK;
    second += SYSTEM_BLOCK;
  }
}

/** One half row alone, for the first and the last row of the frame. */
function sweepEven(own: usize, other: usize, system: usize, half: usize, blocks: i32, omega: f32): void {
  sweep(own, other, system, half, blocks, omega, false);
}

function sweepOdd(own: usize, other: usize, system: usize, half: usize, blocks: i32, omega: f32): void {
  sweep(own, other, system, half, blocks, omega, true);
}

// @ts-ignore: decorator
@inline
function sweep(own: usize, other: usize, system: usize, half: usize, blocks: i32, omega: f32, odd: bool): void {
  const keep = f32x4.splat(1 - omega);
  const flowRow = half * 2;
  let u = v128.load(other);
  let v = v128.load(other, VECTOR);
  const end = own + FLOW_BLOCK * blocks;
  while (own < end) {
    const nextU = v128.load(other, FLOW_BLOCK);
    const nextV = v128.load(other, FLOW_BLOCK + VECTOR);
    const above = own - flowRow;
    const below = own + flowRow;
    const left = v128.load(system, 5 * VECTOR);
    const right = v128.load(system, 6 * VECTOR);
    const up = v128.load(system, 7 * VECTOR);
    const down = v128.load(system, 8 * VECTOR);
    const b1 = f32x4.add(v128.load(system), dot4(left, leftOf(u, nextU, odd), right, rightOf(u, nextU, odd), up, v128.load(above), down, v128.load(below)));
    const b2 = f32x4.add(v128.load(system, VECTOR), dot4(left, leftOf(v, nextV, odd), right, rightOf(v, nextV, odd), up, v128.load(above, VECTOR), down, v128.load(below, VECTOR)));
    const q12 = v128.load(system, 3 * VECTOR);
    v128.store(own, relaxed(keep, v128.load(own), v128.load(system, 2 * VECTOR), b1, q12, b2));
    v128.store(own, relaxed(keep, v128.load(own, VECTOR), q12, b1, v128.load(system, 4 * VECTOR), b2), VECTOR);
    u = nextU;
    v = nextV;
    own += FLOW_BLOCK;
    other += FLOW_BLOCK;
    system += SYSTEM_BLOCK;
  }
}

// Two neighbouring blocks a, b of the other half surround the columns to update: for odd columns the even ones at the
// same place are to the left; for even columns the odd ones at the same place are to the right.
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
