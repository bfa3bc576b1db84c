// The second frame seen through the current flow: value, gradient and second derivatives at (x + u, y + v).
// All six come from one 4×4 neighbourhood of the spline surface: the derivative of a cubic B-spline is a quadratic
// B-spline of the differences, the second derivative a linear one of the second differences. They are exact
// derivatives of one surface, ∂x I₂(x + w) as the paper defines them, and only one plane is gathered from.
import { FLOW_STEP, VECTOR, blocksOf, flowHalf, flowLine, imageStride } from './layout';
import { SAMPLE_BLOCK } from './derivatives';

/** Bytes of a block of the linearised data term: I_t', I_x, I_y, I_xx, I_xy, I_yy, I_xt', I_yt' of four pixels. */
export const DATA_BLOCK: usize = 8 * VECTOR;

/** Spline weights of four pixels. Across: four for the value, three of the differences, t. Down: four each for value, slope, curvature. */
const across = memory.data(128, 16);
const down = memory.data(192, 16);

/**
 * Writes the data term linearised around the current flow (u₀, v₀). The differences in time are kept as
 * I_t' = I_t − I_x u₀ − I_y v₀ (I_xt', I_yt' alike): then I_t' + I_x u + I_y v is the residual at any flow (u, v) and u₀, v₀
 * are not needed again. Pixels that leave the frame have no data term.
 */
export function warp(samples: usize, surface: usize, flow: usize, data: usize, width: i32, height: i32): void {
  const blocks = blocksOf(width);
  const flowBytes = flowLine(width);
  const stride = imageStride(width);
  for (let y = 0; y < height; y++) {
    for (let parity = 0; parity < 2; parity++) {
      const line = <usize>(2 * y + parity);
      warpHalf(
        samples + line * SAMPLE_BLOCK * blocks, surface, stride, flowHalf(flow, flowBytes, y, parity), data + line * DATA_BLOCK * blocks,
        blocks, <f32>parity, <f32>y, <f32>(width - 1), <f32>(height - 1),
      );
    }
  }
}

function warpHalf(
  samples: usize, surface: usize, stride: i32, flow: usize, data: usize,
  blocks: i32, x0: f32, y: f32, right: f32, bottom: f32,
): void {
  const bytes = <usize>stride << 2;
  const corner = surface - bytes - 4; // the neighbourhood starts one row up, one pixel left
  let x = f32x4.add(f32x4.splat(x0), f32x4(0, 2, 4, 6));
  const end = flow + FLOW_STEP * blocks;
  while (flow < end) {
    const u = v128.load(flow);
    const v = v128.load(flow, VECTOR);
    const px = f32x4.add(x, u);
    const py = f32x4.add(f32x4.splat(y), v);
    const qx = f32x4.pmax(f32x4.splat(0), f32x4.pmin(f32x4.splat(right), px));
    const qy = f32x4.pmax(f32x4.splat(0), f32x4.pmin(f32x4.splat(bottom), py));
    const inside = v128.and(f32x4.eq(px, qx), f32x4.eq(py, qy));
    const ix = f32x4.floor(qx);
    const iy = f32x4.floor(qy);
    const tx = f32x4.sub(qx, ix);
    const ty = f32x4.sub(qy, iy);
    const offset = i32x4.shl(i32x4.add(i32x4.mul(integer(iy), i32x4.splat(stride)), integer(ix)), 2);
    let p0 = corner + <usize>i32x4.extract_lane(offset, 0);
    let p1 = corner + <usize>i32x4.extract_lane(offset, 1);
    let p2 = corner + <usize>i32x4.extract_lane(offset, 2);
    let p3 = corner + <usize>i32x4.extract_lane(offset, 3);

    storeAcross(tx);
    storeDown(ty);

    let I = f32x4.splat(0), Ix = I, Ixx = I, Iy = I, Ixy = I, Iyy = I;
    for (let k: usize = 0; k < 4 * VECTOR; k += VECTOR) {
      // four taps of four pixels, transposed: c_j is tap j of the four pixels
      const r0 = v128.load(p0);
      const r1 = v128.load(p1);
      const r2 = v128.load(p2);
      const r3 = v128.load(p3);
      const m0 = v128.shuffle<f32>(r0, r1, 0, 4, 1, 5);
      const m1 = v128.shuffle<f32>(r0, r1, 2, 6, 3, 7);
      const m2 = v128.shuffle<f32>(r2, r3, 0, 4, 1, 5);
      const m3 = v128.shuffle<f32>(r2, r3, 2, 6, 3, 7);
      const c0 = v128.shuffle<f32>(m0, m2, 0, 1, 4, 5);
      const c1 = v128.shuffle<f32>(m0, m2, 2, 3, 6, 7);
      const c2 = v128.shuffle<f32>(m1, m3, 0, 1, 4, 5);
      const c3 = v128.shuffle<f32>(m1, m3, 2, 3, 6, 7);
      const d0 = f32x4.sub(c1, c0);
      const d1 = f32x4.sub(c2, c1);
      const d2 = f32x4.sub(c3, c2);
      const e0 = f32x4.sub(d1, d0);
      const e1 = f32x4.sub(d2, d1);
      const value = f32x4.add(
        dot(v128.load(across), c0, v128.load(across, VECTOR), c1),
        dot(v128.load(across, 2 * VECTOR), c2, v128.load(across, 3 * VECTOR), c3),
      );
      const slope = f32x4.add(
        dot(v128.load(across, 4 * VECTOR), d0, v128.load(across, 5 * VECTOR), d1),
        f32x4.mul(v128.load(across, 6 * VECTOR), d2),
      );
      const curvature = f32x4.add(e0, f32x4.mul(v128.load(across, 7 * VECTOR), f32x4.sub(e1, e0)));
      const w = v128.load(down + k);
      const wSlope = v128.load(down + k, 4 * VECTOR);
      I = f32x4.add(I, f32x4.mul(w, value));
      Ix = f32x4.add(Ix, f32x4.mul(w, slope));
      Ixx = f32x4.add(Ixx, f32x4.mul(w, curvature));
      Iy = f32x4.add(Iy, f32x4.mul(wSlope, value));
      Ixy = f32x4.add(Ixy, f32x4.mul(wSlope, slope));
      Iyy = f32x4.add(Iyy, f32x4.mul(v128.load(down + k, 8 * VECTOR), value));
      p0 += bytes;
      p1 += bytes;
      p2 += bytes;
      p3 += bytes;
    }

    const It = f32x4.sub(f32x4.sub(I, v128.load(samples)), dot(Ix, u, Iy, v));
    const Ixt = f32x4.sub(f32x4.sub(Ix, v128.load(samples, VECTOR)), dot(Ixx, u, Ixy, v));
    const Iyt = f32x4.sub(f32x4.sub(Iy, v128.load(samples, 2 * VECTOR)), dot(Ixy, u, Iyy, v));
    v128.store(data, v128.and(inside, It));
    v128.store(data, v128.and(inside, Ix), VECTOR);
    v128.store(data, v128.and(inside, Iy), 2 * VECTOR);
    v128.store(data, v128.and(inside, Ixx), 3 * VECTOR);
    v128.store(data, v128.and(inside, Ixy), 4 * VECTOR);
    v128.store(data, v128.and(inside, Iyy), 5 * VECTOR);
    v128.store(data, v128.and(inside, Ixt), 6 * VECTOR);
    v128.store(data, v128.and(inside, Iyt), 7 * VECTOR);
    x = f32x4.add(x, f32x4.splat(8));
    flow += FLOW_STEP;
    samples += SAMPLE_BLOCK;
    data += DATA_BLOCK;
  }
}

// @ts-ignore: decorator
@inline
function dot(a: v128, u: v128, b: v128, v: v128): v128 {
  return f32x4.add(f32x4.mul(a, u), f32x4.mul(b, v));
}

/** A whole number between 0 and 2²³ as an integer: added to 2²³ it stands in the low bits of the float. */
// @ts-ignore: decorator
@inline
function integer(whole: v128): v128 {
  return v128.xor(f32x4.add(whole, f32x4.splat(8388608)), i32x4.splat(0x4b000000));
}

// @ts-ignore: decorator
@inline
function storeAcross(t: v128): void {
  const s = f32x4.sub(f32x4.splat(1), t);
  const t2 = f32x4.mul(t, t);
  const s2 = f32x4.mul(s, s);
  storeValueWeights(across, t, t2, s, s2);
  const b0 = f32x4.mul(f32x4.splat(0.5), s2);
  const b2 = f32x4.mul(f32x4.splat(0.5), t2);
  v128.store(across, b0, 4 * VECTOR);
  v128.store(across, f32x4.sub(f32x4.splat(1), f32x4.add(b0, b2)), 5 * VECTOR);
  v128.store(across, b2, 6 * VECTOR);
  v128.store(across, t, 7 * VECTOR);
}

// @ts-ignore: decorator
@inline
function storeDown(t: v128): void {
  const s = f32x4.sub(f32x4.splat(1), t);
  const t2 = f32x4.mul(t, t);
  const s2 = f32x4.mul(s, s);
  storeValueWeights(down, t, t2, s, s2);
  const b0 = f32x4.mul(f32x4.splat(0.5), s2);
  const b2 = f32x4.mul(f32x4.splat(0.5), t2);
  const b1 = f32x4.sub(f32x4.splat(1), f32x4.add(b0, b2));
  v128.store(down, f32x4.neg(b0), 4 * VECTOR);
  v128.store(down, f32x4.sub(b0, b1), 5 * VECTOR);
  v128.store(down, f32x4.sub(b1, b2), 6 * VECTOR);
  v128.store(down, b2, 7 * VECTOR);
  const t3 = f32x4.mul(f32x4.splat(3), t);
  v128.store(down, s, 8 * VECTOR);
  v128.store(down, f32x4.sub(t3, f32x4.splat(2)), 9 * VECTOR);
  v128.store(down, f32x4.sub(f32x4.splat(1), t3), 10 * VECTOR);
  v128.store(down, t, 11 * VECTOR);
}

// @ts-ignore: decorator
@inline
function storeValueWeights(weights: usize, t: v128, t2: v128, s: v128, s2: v128): void {
  const a0 = f32x4.mul(f32x4.splat(1.0 / 6.0), f32x4.mul(s2, s));
  const a3 = f32x4.mul(f32x4.splat(1.0 / 6.0), f32x4.mul(t2, t));
  const a1 = f32x4.add(f32x4.splat(4.0 / 6.0), f32x4.mul(t2, f32x4.sub(f32x4.mul(f32x4.splat(0.5), t), f32x4.splat(1))));
  v128.store(weights, a0);
  v128.store(weights, a1, VECTOR);
  v128.store(weights, f32x4.sub(f32x4.sub(f32x4.splat(1), a0), f32x4.add(a1, a3)), 2 * VECTOR);
  v128.store(weights, a3, 3 * VECTOR);
}
