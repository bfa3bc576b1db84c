// The linear system of one lagged-nonlinearity step: the robust weights Ψ' are taken at the current flow, which makes
// the Euler–Lagrange equations linear in the next one.
import { FLOW_STEP, VECTOR, blocksOf, colorOf, flowAt, flowHalf, flowLine } from './layout';
import { SAMPLE_BLOCK } from './derivatives';
import { DATA_BLOCK } from './warp';

// Coefficients, four pixels each of: right-hand sides (b₁, b₂), ω times the inverse of the pixel's 2×2 matrix
// (q₁₁, q₁₂, q₂₂), smoothness weights to the left, right, lower and upper neighbor. Inverting here, once, leaves the
// solver multiplications and additions only. They lie in lines like the flow's: a block of the red half of row r, then
// one of the black half of row r − 1; the weight between the two pixels is stored once, as the upper one of the red.
export const RHS: usize = 0;
export const INVERSE: usize = 2 * VECTOR;
export const LEFT: usize = 5 * VECTOR;
export const RIGHT: usize = 6 * VECTOR;
export const DOWN: usize = 7 * VECTOR;
export const UP: usize = 8 * VECTOR;
export const BLACK: usize = 9 * VECTOR;
export const BLACK_UP: usize = BLACK + 7 * VECTOR;
export const SYSTEM_STEP: usize = 17 * VECTOR;

/** Bytes of half a row of diffusivities, four numbers of border at each end. */
export function diffusivityHalf(width: i32): usize {
  return VECTOR * (blocksOf(width) + 2);
}

/**
 * Half the diffusivity, α/2 · Ψ'(|∇u|² + |∇v|²) / √(1 + |∇I|²/K²) with K = `edgeSlope`, of a row: the smoothness weight between
 * two neighbors is the sum of theirs.
 * Beyond the frame it is the edge's, negated: the weight across the edge is then zero, the reflecting boundary condition.
 */
export function diffusivityRow(
  flow: usize, samples: usize, y: i32, diffusivity: usize, width: i32, height: i32, alpha: f32, epsilon: f32, edgeSlope: f32,
): void {
  const line = flowLine(width);
  const half = diffusivityHalf(width);
  const blocks = blocksOf(width);
  borderColumns(flow, line, y, width);
  for (let parity = 0; parity < 2; parity++) {
    // the neighbors left and right are of the other parity: of an even column, in the block before and in the block
    // itself; of an odd column, in the block itself and in the one after
    let beside = flowHalf(flow, line, y, 1 - parity);
    if (!parity) beside -= FLOW_STEP;
    diffusivityOf(
      beside, flowHalf(flow, line, max(y - 1, 0), parity), flowHalf(flow, line, min(y + 1, height - 1), parity),
      samples + <usize>parity * SAMPLE_BLOCK * blocks, diffusivity + <usize>parity * half, blocks, parity, alpha, epsilon, edgeSlope,
    );
  }
  store<f32>(diffusivity + half - 4, -load<f32>(diffusivity));
  store<f32>(diffusivityAt(diffusivity, half, width), -load<f32>(diffusivityAt(diffusivity, half, width - 1)));
}

// @ts-ignore: decorator
@inline
function diffusivityAt(diffusivity: usize, half: usize, x: i32): usize {
  return diffusivity + <usize>(x & 1) * half + (<usize>(x >> 1) << 2);
}

function diffusivityOf(
  beside: usize, above: usize, below: usize, samples: usize, target: usize, blocks: i32, parity: i32,
  alpha: f32, epsilon: f32, edgeSlope: f32,
): void {
  const edges = f32x4.splat(1 / (edgeSlope * edgeSlope));
  const end = target + VECTOR * blocks;
  while (target < end) {
    const a = v128.load(beside);
    const b = v128.load(beside, FLOW_STEP);
    const aV = v128.load(beside, VECTOR);
    const bV = v128.load(beside, FLOW_STEP + VECTOR);
    let ux: v128, vx: v128;
    if (parity) {
      ux = f32x4.sub(v128.shuffle<f32>(a, b, 1, 2, 3, 4), a);
      vx = f32x4.sub(v128.shuffle<f32>(aV, bV, 1, 2, 3, 4), aV);
    } else {
      ux = f32x4.sub(b, v128.shuffle<f32>(a, b, 3, 4, 5, 6));
      vx = f32x4.sub(bV, v128.shuffle<f32>(aV, bV, 3, 4, 5, 6));
    }
    const uy = f32x4.sub(v128.load(below), v128.load(above));
    const vy = f32x4.sub(v128.load(below, VECTOR), v128.load(above, VECTOR));
    // differences over two pixels, not halved: 4 (|∇|² + ε²) under the root, 2 · α/2 above it
    const s = f32x4.add(
      f32x4.add(dot(ux, ux, uy, uy), dot(vx, vx, vy, vy)),
      f32x4.splat(4 * epsilon * epsilon),
    );
    const Ix = v128.load(samples, VECTOR);
    const Iy = v128.load(samples, 2 * VECTOR);
    const edge = f32x4.add(f32x4.splat(1), f32x4.mul(edges, dot(Ix, Ix, Iy, Iy)));
    v128.store(target, f32x4.div(f32x4.splat(alpha), f32x4.sqrt(f32x4.mul(edge, s))));
    samples += SAMPLE_BLOCK;
    beside += FLOW_STEP;
    above += FLOW_STEP;
    below += FLOW_STEP;
    target += VECTOR;
  }
}

/** Repeats the first and last flow of a row beyond the frame. */
function borderColumns(flow: usize, line: usize, y: i32, width: i32): void {
  copyFlow(flowAt(flow, line, 0, y), flowAt(flow, line, -1, y));
  copyFlow(flowAt(flow, line, width - 1, y), flowAt(flow, line, width, y));
}

function copyFlow(from: usize, to: usize): void {
  store<f32>(to, load<f32>(from));
  store<f32>(to, load<f32>(from, VECTOR), VECTOR);
}

/** The row above the first or below the last: the weights across that edge become zero. */
export function negateRow(source: usize, target: usize, width: i32): void {
  const end = diffusivityHalf(width) * 2 - VECTOR;
  for (let x: usize = 0; x < end; x += VECTOR) v128.store(target + x, f32x4.neg(v128.load(source + x)));
}

/**
 * The coefficients of row y, its red half to `red`, its black half to `black`. `mask` is all ones for pixels of the frame
 * and zero for those that fill up the last vector, which get the equation u = 0.
 */
export function assembleRow(
  flow: usize, y: i32, data: usize, mask: usize, weights: usize, diffusivity: usize, above: usize, below: usize,
  red: usize, black: usize, width: i32, gamma: f32, omega: f32, epsilon: f32,
): void {
  const blocks = blocksOf(width);
  const half = diffusivityHalf(width);
  for (let parity = 0; parity < 2; parity++) {
    const side = <usize>parity;
    const isBlack = colorOf(y, parity);
    const dataHalf = data + side * DATA_BLOCK * blocks;
    dataWeights(flowHalf(flow, flowLine(width), y, parity), dataHalf, weights, blocks, gamma, epsilon);
    assembleHalf(
      weights, dataHalf, mask + side * VECTOR * blocks,
      diffusivity + side * half,
      diffusivity + (1 - side) * half + side * 4 - 4, // the left neighbors; the right ones are one number further
      above + side * half, below + side * half,
      isBlack ? black + BLACK : red, isBlack ? BLACK_UP - BLACK : UP, blocks, omega,
    );
  }
}

/**
 * Ψ' of brightness and γ Ψ' of gradient constancy at the current flow. In a loop of its own: roots and divisions take long,
 * and in one with the rest they would leave the processor no room to begin the next pixels meanwhile.
 */
function dataWeights(flow: usize, data: usize, weights: usize, blocks: i32, gamma: f32, epsilon: f32): void {
  const epsilon2 = f32x4.splat(epsilon * epsilon);
  const end = data + DATA_BLOCK * blocks;
  while (data < end) {
    const u = v128.load(flow);
    const v = v128.load(flow, VECTOR);
    const Ixy = v128.load(data, 4 * VECTOR);
    const r = f32x4.add(v128.load(data), dot(v128.load(data, VECTOR), u, v128.load(data, 2 * VECTOR), v));
    const rx = f32x4.add(v128.load(data, 6 * VECTOR), dot(v128.load(data, 3 * VECTOR), u, Ixy, v));
    const ry = f32x4.add(v128.load(data, 7 * VECTOR), dot(Ixy, u, v128.load(data, 5 * VECTOR), v));
    const brightness = f32x4.add(f32x4.mul(r, r), epsilon2);
    const gradient = dot(rx, rx, ry, ry);
    // 1/a and γ/b with one division
    const a = f32x4.sqrt(brightness);
    const b = f32x4.sqrt(f32x4.add(gradient, epsilon2));
    const inverse = f32x4.div(f32x4.splat(1), f32x4.mul(a, b));
    v128.store(weights, f32x4.mul(inverse, b));
    v128.store(weights, f32x4.mul(f32x4.splat(gamma), f32x4.mul(inverse, a)), VECTOR);
    flow += FLOW_STEP;
    data += DATA_BLOCK;
    weights += 2 * VECTOR;
  }
}

function assembleHalf(
  weights: usize, data: usize, mask: usize, here: usize, beside: usize, above: usize, below: usize, system: usize, upOffset: usize,
  blocks: i32, omega: f32,
): void {
  const end = data + DATA_BLOCK * blocks;
  while (data < end) {
    const It = v128.load(data);
    const Ix = v128.load(data, VECTOR);
    const Iy = v128.load(data, 2 * VECTOR);
    const Ixx = v128.load(data, 3 * VECTOR);
    const Ixy = v128.load(data, 4 * VECTOR);
    const Iyy = v128.load(data, 5 * VECTOR);
    const Ixt = v128.load(data, 6 * VECTOR);
    const Iyt = v128.load(data, 7 * VECTOR);

    const psi = v128.load(weights);
    const psiGradient = v128.load(weights, VECTOR);

    // the data term's matrix (a₁₁ a₁₂; a₁₂ a₂₂) and right-hand side
    const px = f32x4.mul(psi, Ix);
    const py = f32x4.mul(psi, Iy);
    const gxx = f32x4.mul(psiGradient, Ixx);
    const gxy = f32x4.mul(psiGradient, Ixy);
    const gyy = f32x4.mul(psiGradient, Iyy);
    const a11 = f32x4.add(f32x4.mul(px, Ix), dot(gxx, Ixx, gxy, Ixy));
    const a12 = f32x4.add(f32x4.mul(px, Iy), f32x4.mul(gxy, f32x4.add(Ixx, Iyy)));
    const a22 = f32x4.add(f32x4.mul(py, Iy), dot(gxy, Ixy, gyy, Iyy));
    v128.store(system, f32x4.neg(f32x4.add(f32x4.mul(px, It), dot(gxx, Ixt, gxy, Iyt))));
    v128.store(system, f32x4.neg(f32x4.add(f32x4.mul(py, It), dot(gxy, Ixt, gyy, Iyt))), VECTOR);

    const center = v128.load(here);
    const left = f32x4.add(center, v128.load(beside));
    const right = f32x4.add(center, v128.load(beside + 4));
    const up = f32x4.add(center, v128.load(above));
    const down = f32x4.add(center, v128.load(below));
    const sum = f32x4.add(f32x4.add(left, right), f32x4.add(up, down));
    const d11 = f32x4.add(a11, sum);
    const d22 = f32x4.add(a22, sum);
    const determinant = f32x4.sub(f32x4.mul(d11, d22), f32x4.mul(a12, a12));
    const scale = v128.and(v128.load(mask), f32x4.div(f32x4.splat(omega), determinant));
    v128.store(system, f32x4.mul(d22, scale), INVERSE);
    v128.store(system, f32x4.neg(f32x4.mul(a12, scale)), INVERSE + VECTOR);
    v128.store(system, f32x4.mul(d11, scale), INVERSE + 2 * VECTOR);
    v128.store(system, left, LEFT);
    v128.store(system, right, RIGHT);
    v128.store(system, down, DOWN); // of a black pixel in the place of its upper weight, which comes after
    v128.store(system + upOffset, up);

    weights += 2 * VECTOR;
    data += DATA_BLOCK;
    mask += VECTOR;
    here += VECTOR;
    beside += VECTOR;
    above += VECTOR;
    below += VECTOR;
    system += SYSTEM_STEP;
  }
}

// @ts-ignore: decorator
@inline
function dot(a: v128, b: v128, c: v128, d: v128): v128 {
  return f32x4.add(f32x4.mul(a, b), f32x4.mul(c, d));
}
