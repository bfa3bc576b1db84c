// The second frame seen through the current flow: value, gradient and second derivatives at (x + u, y + v).
// All six come from one 4×4 neighborhood of the cubic B-spline surface. They are exact derivatives
// of one surface, ∂x I₂(x + w) as the paper defines them, and only one plane is gathered from.
import { FLOW_STEP, VECTOR, blocksOf, flowHalf, flowLine, imageStride } from './layout';
import { SAMPLE_BLOCK } from './derivatives';

/** Bytes of a block of the linearized data term: I_t', I_x, I_y, I_xx, I_xy, I_yy, I_xt', I_yt' of four pixels. */
export const DATA_BLOCK: usize = 8 * VECTOR;

// A half row is warped in two passes, or the long way from a displacement to an address would leave the processor
// waiting: the first notes, of each four pixels, where in the surface they fall (byte offsets), whether that is inside the
// frame, and their spline weights: across t, t − ½, t²/2, 1/6 − t/2 + t²/2, t³/6, and down four each for value, slope, curvature.
const INSIDE: usize = VECTOR;
const ACROSS: usize = 2 * VECTOR;
const DOWN: usize = 7 * VECTOR;
const PLACE_BLOCK: usize = 19 * VECTOR;

/** Room for the places of half a row. */
export function placeBytes(width: i32): usize {
  return PLACE_BLOCK * blocksOf(width);
}

/** ½, 1/6, 1/3, 1, 3 and 8: a constant vector takes three instructions to make and one to load. */
const numbers = memory.data<f32>([0.5, 0.16666667, 0.33333334, 1, 3, 8], 16);

// @ts-ignore: decorator
@inline
function half(): v128 {
  return v128.load_splat<f32>(numbers);
}

// @ts-ignore: decorator
@inline
function one(): v128 {
  return v128.load_splat<f32>(numbers, 12);
}

/**
 * Writes the data term linearized around the current flow (u₀, v₀). The differences in time are kept as
 * I_t' = I_t − I_x u₀ − I_y v₀ (I_xt', I_yt' alike): then I_t' + I_x u + I_y v is the residual at any flow (u, v) and u₀, v₀
 * are not needed again. Brightness constancy is divided by the slope, gradient constancy by the curvature. Pixels that leave
 * the frame have no data term.
 */
export function warp(
  samples: usize, surface: usize, flow: usize, data: usize, places: usize, width: i32, height: i32, slopeFloor: f32, curvatureFloor: f32,
): void {
  const blocks = blocksOf(width);
  const flowBytes = flowLine(width);
  const stride = imageStride(width);
  for (let y = 0; y < height; y++) {
    for (let parity = 0; parity < 2; parity++) {
      const line = <usize>(2 * y + parity);
      const half = flowHalf(flow, flowBytes, y, parity);
      locate(half, places, stride, blocks, <f32>parity, <f32>y, <f32>(width - 1), <f32>(height - 1));
      gather(
        samples + line * SAMPLE_BLOCK * blocks, surface, <usize>stride << 2, half, data + line * DATA_BLOCK * blocks, places, blocks,
        slopeFloor, curvatureFloor,
      );
    }
  }
}

function locate(flow: usize, place: usize, stride: i32, blocks: i32, x0: f32, y: f32, right: f32, bottom: f32): void {
  let x = f32x4.add(f32x4.splat(x0), f32x4(0, 2, 4, 6));
  const end = flow + FLOW_STEP * blocks;
  while (flow < end) {
    const px = f32x4.add(x, v128.load(flow));
    const py = f32x4.add(f32x4.splat(y), v128.load(flow, VECTOR));
    const qx = f32x4.pmax(f32x4.splat(0), f32x4.pmin(f32x4.splat(right), px));
    const qy = f32x4.pmax(f32x4.splat(0), f32x4.pmin(f32x4.splat(bottom), py));
    const ix = f32x4.floor(qx);
    const iy = f32x4.floor(qy);
    v128.store(place, i32x4.shl(i32x4.add(i32x4.mul(integer(iy), i32x4.splat(stride)), integer(ix)), 2));
    v128.store(place, v128.and(f32x4.eq(px, qx), f32x4.eq(py, qy)), INSIDE);
    storeAcross(place + ACROSS, f32x4.sub(qx, ix));
    storeDown(place + DOWN, f32x4.sub(qy, iy));
    x = f32x4.add(x, v128.load_splat<f32>(numbers, 20));
    flow += FLOW_STEP;
    place += PLACE_BLOCK;
  }
}

function gather(
  samples: usize, surface: usize, bytes: usize, flow: usize, data: usize, place: usize, blocks: i32, slopeFloor: f32, curvatureFloor: f32,
): void {
  const corner = surface - bytes - 4; // the neighborhood starts one row up, one pixel left
  const end = flow + FLOW_STEP * blocks;
  while (flow < end) {
    let p0 = corner + load<usize>(place);
    let p1 = corner + load<usize>(place, 4);
    let p2 = corner + load<usize>(place, 8);
    let p3 = corner + load<usize>(place, 12);
    let I = f32x4.splat(0), Ix = I, Ixx = I, Iy = I, Ixy = I, Iyy = I;
    for (let k = place; k < place + 4 * VECTOR; k += VECTOR) {
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
      const g = f32x4.sub(e1, e0);
      const t = v128.load(place, ACROSS);
      const value = f32x4.add(
        f32x4.add(c1, f32x4.mul(t, d1)),
        dot(v128.load(place, ACROSS + 3 * VECTOR), e0, v128.load(place, ACROSS + 4 * VECTOR), g),
      );
      const slope = f32x4.add(d1, dot(v128.load(place, ACROSS + VECTOR), e0, v128.load(place, ACROSS + 2 * VECTOR), g));
      const curvature = f32x4.add(e0, f32x4.mul(t, g));
      const w = v128.load(k, DOWN);
      const wSlope = v128.load(k, DOWN + 4 * VECTOR);
      I = f32x4.add(I, f32x4.mul(w, value));
      Ix = f32x4.add(Ix, f32x4.mul(w, slope));
      Ixx = f32x4.add(Ixx, f32x4.mul(w, curvature));
      Iy = f32x4.add(Iy, f32x4.mul(wSlope, value));
      Ixy = f32x4.add(Ixy, f32x4.mul(wSlope, slope));
      Iyy = f32x4.add(Iyy, f32x4.mul(v128.load(k, DOWN + 8 * VECTOR), value));
      p0 += bytes;
      p1 += bytes;
      p2 += bytes;
      p3 += bytes;
    }

    const u = v128.load(flow);
    const v = v128.load(flow, VECTOR);
    const It = f32x4.sub(f32x4.sub(I, v128.load(samples)), dot(Ix, u, Iy, v));
    const Ixt = f32x4.sub(f32x4.sub(Ix, v128.load(samples, VECTOR)), dot(Ixx, u, Ixy, v));
    const Iyt = f32x4.sub(f32x4.sub(Iy, v128.load(samples, 2 * VECTOR)), dot(Ixy, u, Iyy, v));
    const inside = v128.load(place, INSIDE);
    const s = normalized(inside, f32x4.add(dot(Ix, Ix, Iy, Iy), f32x4.splat(slopeFloor * slopeFloor)));
    const sides = f32x4.mul(half(), dot(Ixx, Ixx, Iyy, Iyy));
    const c = normalized(inside, f32x4.add(f32x4.add(sides, f32x4.mul(Ixy, Ixy)), f32x4.splat(curvatureFloor * curvatureFloor)));
    v128.store(data, f32x4.mul(s, It));
    v128.store(data, f32x4.mul(s, Ix), VECTOR);
    v128.store(data, f32x4.mul(s, Iy), 2 * VECTOR);
    v128.store(data, f32x4.mul(c, Ixx), 3 * VECTOR);
    v128.store(data, f32x4.mul(c, Ixy), 4 * VECTOR);
    v128.store(data, f32x4.mul(c, Iyy), 5 * VECTOR);
    v128.store(data, f32x4.mul(c, Ixt), 6 * VECTOR);
    v128.store(data, f32x4.mul(c, Iyt), 7 * VECTOR);
    flow += FLOW_STEP;
    place += PLACE_BLOCK;
    samples += SAMPLE_BLOCK;
    data += DATA_BLOCK;
  }
}

// @ts-ignore: decorator
@inline
function dot(a: v128, u: v128, b: v128, v: v128): v128 {
  return f32x4.add(f32x4.mul(a, u), f32x4.mul(b, v));
}

/** 1/√x inside the frame, 0 outside. */
// @ts-ignore: decorator
@inline
function normalized(inside: v128, x: v128): v128 {
  return v128.and(inside, f32x4.div(one(), f32x4.sqrt(x)));
}

/** A whole number between 0 and 2²³ as an integer: added to 2²³ it stands in the low bits of the float. */
// @ts-ignore: decorator
@inline
function integer(whole: v128): v128 {
  return v128.xor(f32x4.add(whole, f32x4.splat(8388608)), i32x4.splat(0x4b000000));
}

// Between two coefficients the spline is c₁ + t d₁ + (1/6 − t/2 + t²/2) e₀ + t³/6 g, with the differences d₁ = c₂ − c₁, the
// second difference e₀ around c₁ and the third, g; its derivatives follow.

// @ts-ignore: decorator
@inline
function storeAcross(across: usize, t: v128): void {
  const t2 = f32x4.mul(half(), f32x4.mul(t, t));
  v128.store(across, t);
  v128.store(across, f32x4.sub(t, half()), VECTOR);
  v128.store(across, t2, 2 * VECTOR);
  v128.store(across, ofSecondDifference(t, t2), 3 * VECTOR);
  v128.store(across, ofThirdDifference(t, t2), 4 * VECTOR);
}

/** The same, as weights of the four coefficients themselves. */
// @ts-ignore: decorator
@inline
function storeDown(down: usize, t: v128): void {
  const three = v128.load_splat<f32>(numbers, 16);
  const t2 = f32x4.mul(half(), f32x4.mul(t, t));
  const second = ofSecondDifference(t, t2);
  const third = ofThirdDifference(t, t2);
  const first = f32x4.sub(second, third);
  const after = f32x4.add(t, f32x4.sub(second, f32x4.mul(three, third)));
  v128.store(down, first);
  v128.store(down, f32x4.sub(f32x4.sub(one(), first), f32x4.add(after, third)), VECTOR);
  v128.store(down, after, 2 * VECTOR);
  v128.store(down, third, 3 * VECTOR);
  const slope0 = f32x4.sub(f32x4.sub(t, half()), t2);
  const slope2 = f32x4.sub(f32x4.add(t, half()), f32x4.mul(three, t2));
  v128.store(down, slope0, 4 * VECTOR);
  v128.store(down, f32x4.neg(f32x4.add(f32x4.add(slope0, slope2), t2)), 5 * VECTOR);
  v128.store(down, slope2, 6 * VECTOR);
  v128.store(down, t2, 7 * VECTOR);
  const t3 = f32x4.mul(three, t);
  const s = f32x4.sub(one(), t);
  const curvature2 = f32x4.sub(one(), t3);
  v128.store(down, s, 8 * VECTOR);
  v128.store(down, f32x4.sub(f32x4.sub(t3, one()), one()), 9 * VECTOR);
  v128.store(down, curvature2, 10 * VECTOR);
  v128.store(down, t, 11 * VECTOR);
}

// @ts-ignore: decorator
@inline
function ofSecondDifference(t: v128, halfT2: v128): v128 {
  return f32x4.add(v128.load_splat<f32>(numbers, 4), f32x4.sub(halfT2, f32x4.mul(half(), t)));
}

// @ts-ignore: decorator
@inline
function ofThirdDifference(t: v128, halfT2: v128): v128 {
  return f32x4.mul(v128.load_splat<f32>(numbers, 8), f32x4.mul(halfT2, t));
}
