// The linear system of one lagged-nonlinearity step: the robust weights Ψ' are taken at the current flow, which makes
// the Euler–Lagrange equations linear in the next one.
import { FLOW_BLOCK, VECTOR, blocksOf, flowHalf, flowOffset } from './layout';
import { DATA_BLOCK } from './warp';

/**
 * Bytes of a block of coefficients, four pixels each of: right-hand sides (b₁, b₂), ω times the inverse of the pixel's
 * 2×2 matrix (q₁₁, q₁₂, q₂₂), smoothness weights to the left, right, upper and lower neighbour. Inverting here, once,
 * leaves the solver multiplications and additions only.
 */
export const SYSTEM_BLOCK: usize = 9 * VECTOR;

/** Bytes of half a row of diffusivities, four numbers of border at each end. */
export function diffusivityHalf(width: i32): usize {
  return VECTOR * (blocksOf(width) + 2);
}

/**
 * Half the diffusivity, α/2 · Ψ'(|∇u|² + |∇v|²), of a row: the smoothness weight between two neighbours is the sum of theirs.
 * Beyond the frame it is the edge's, negated: the weight across the edge is then zero, the reflecting boundary condition.
 */
export function diffusivityRow(flow: usize, y: i32, diffusivity: usize, width: i32, height: i32, alpha: f32, epsilon: f32): void {
  const half = flowHalf(width);
  const row = flow + <usize>y * half * 2;
  const up = y > 0 ? -(<isize>half * 2) : 0;
  const down = y < height - 1 ? <isize>half * 2 : 0;
  borderColumn(row, width, half);
  const target = diffusivityHalf(width);
  // left and right neighbours of an even column are odd ones: the block before and the block itself; of an odd column
  // they are even ones: the block itself and the one after
  const blocks = blocksOf(width);
  const oddHalf = row + half;
  let before = v128.load(oddHalf - FLOW_BLOCK);
  let beforeV = v128.load(oddHalf - FLOW_BLOCK, VECTOR);
  for (let i = 0; i < blocks; i++) {
    const p = row + <usize>i * FLOW_BLOCK;
    const q = p + half;
    const right = v128.load(q);
    const rightV = v128.load(q, VECTOR);
    const left = v128.shuffle<f32>(before, right, 3, 4, 5, 6);
    const leftV = v128.shuffle<f32>(beforeV, rightV, 3, 4, 5, 6);
    before = right;
    beforeV = rightV;
    v128.store(diffusivity + <usize>i * VECTOR, weight(left, right, leftV, rightV, p, up, down, alpha, epsilon));
  }
  let here = v128.load(row);
  let hereV = v128.load(row, VECTOR);
  for (let i = 0; i < blocks; i++) {
    const q = row + <usize>(i + 1) * FLOW_BLOCK;
    const next = v128.load(q);
    const nextV = v128.load(q, VECTOR);
    const right = v128.shuffle<f32>(here, next, 1, 2, 3, 4);
    const rightV = v128.shuffle<f32>(hereV, nextV, 1, 2, 3, 4);
    v128.store(
      diffusivity + target + <usize>i * VECTOR,
      weight(here, right, hereV, rightV, oddHalf + <usize>i * FLOW_BLOCK, up, down, alpha, epsilon),
    );
    here = next;
    hereV = nextV;
  }
  store<f32>(diffusivity + target - 4, -load<f32>(diffusivity));
  const last = width - 1;
  store<f32>(
    diffusivity + <usize>(width & 1) * target + ((<usize>width >> 1) << 2),
    -load<f32>(diffusivity + <usize>(last & 1) * target + ((<usize>last >> 1) << 2)),
  );
}

/** Repeats the first and last flow of a row beyond the frame. */
function borderColumn(row: usize, width: i32, half: usize): void {
  const first = row + flowOffset(-1, half);
  store<f32>(first, load<f32>(row));
  store<f32>(first, load<f32>(row, VECTOR), VECTOR);
  const last = row + flowOffset(width - 1, half);
  const beyond = row + flowOffset(width, half);
  store<f32>(beyond, load<f32>(last));
  store<f32>(beyond, load<f32>(last, VECTOR), VECTOR);
}

// @ts-ignore: decorator
@inline
function weight(left: v128, right: v128, leftV: v128, rightV: v128, p: usize, up: isize, down: isize, alpha: f32, epsilon: f32): v128 {
  // differences over two pixels, not halved: 4 (|∇|² + ε²) under the root, 2 · α/2 above it
  const ux = f32x4.sub(right, left);
  const vx = f32x4.sub(rightV, leftV);
  const uy = f32x4.sub(v128.load(p + down), v128.load(p + up));
  const vy = f32x4.sub(v128.load(p + down, VECTOR), v128.load(p + up, VECTOR));
  const s = f32x4.add(
    f32x4.add(f32x4.mul(ux, ux), f32x4.mul(uy, uy)),
    f32x4.add(f32x4.add(f32x4.mul(vx, vx), f32x4.mul(vy, vy)), f32x4.splat(4 * epsilon * epsilon)),
  );
  return f32x4.div(f32x4.splat(alpha), f32x4.sqrt(s));
}

/** The row above the first or below the last: the weights across that edge become zero. */
export function negateRow(source: usize, target: usize, width: i32): void {
  const end = diffusivityHalf(width) * 2 - VECTOR;
  for (let x: usize = 0; x < end; x += VECTOR) v128.store(target + x, f32x4.neg(v128.load(source + x)));
}

/** The coefficients of one row. `mask` is all ones for pixels of the frame and zero for those that fill up the last vector. */
export function assembleRow(
  flow: usize, data: usize, mask: usize, diffusivity: usize, above: usize, below: usize, system: usize,
  width: i32, gamma: f32, omega: f32, epsilon: f32, joint: bool,
): void {
  const blocks = blocksOf(width);
  const half = diffusivityHalf(width);
  for (let parity = 0; parity < 2; parity++) {
    const side = <usize>parity;
    const here = diffusivity + side * half;
    const beside = diffusivity + (1 - side) * half + side * 4 - 4; // the left neighbours; the right ones are one further
    assembleHalf(
      flow + side * flowHalf(width), data, mask + side * VECTOR * blocks, here, beside, above + side * half, below + side * half,
      system, blocks, gamma, omega, epsilon, joint,
    );
    data += DATA_BLOCK * blocks;
    system += SYSTEM_BLOCK * blocks;
  }
}

function assembleHalf(
  flow: usize, data: usize, mask: usize, here: usize, beside: usize, above: usize, below: usize, system: usize,
  blocks: i32, gamma: f32, omega: f32, epsilon: f32, joint: bool,
): void {
  const epsilon2 = f32x4.splat(epsilon * epsilon);
  const end = data + DATA_BLOCK * blocks;
  while (data < end) {
    const u = v128.load(flow);
    const v = v128.load(flow, VECTOR);
    const It = v128.load(data);
    const Ix = v128.load(data, VECTOR);
    const Iy = v128.load(data, 2 * VECTOR);
    const Ixx = v128.load(data, 3 * VECTOR);
    const Ixy = v128.load(data, 4 * VECTOR);
    const Iyy = v128.load(data, 5 * VECTOR);
    const Ixt = v128.load(data, 6 * VECTOR);
    const Iyt = v128.load(data, 7 * VECTOR);

    // residuals of brightness and gradient constancy at the current flow, and their weights
    const r = f32x4.add(It, dot(Ix, u, Iy, v));
    const rx = f32x4.add(Ixt, dot(Ixx, u, Ixy, v));
    const ry = f32x4.add(Iyt, dot(Ixy, u, Iyy, v));
    const brightness = f32x4.add(f32x4.mul(r, r), epsilon2);
    const gradient = dot(rx, rx, ry, ry);
    let psi: v128;
    let psiGradient: v128;
    if (joint) {
      psi = inverseRoot(f32x4.add(brightness, f32x4.mul(f32x4.splat(gamma), gradient)));
      psiGradient = f32x4.mul(f32x4.splat(gamma), psi);
    } else {
      psi = inverseRoot(brightness);
      psiGradient = f32x4.mul(f32x4.splat(gamma), inverseRoot(f32x4.add(gradient, epsilon2)));
    }

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

    const centre = v128.load(here);
    const left = f32x4.add(centre, v128.load(beside));
    const right = f32x4.add(centre, v128.load(beside + 4));
    const up = f32x4.add(centre, v128.load(above));
    const down = f32x4.add(centre, v128.load(below));
    const sum = f32x4.add(f32x4.add(left, right), f32x4.add(up, down));
    const d11 = f32x4.add(a11, sum);
    const d22 = f32x4.add(a22, sum);
    const determinant = f32x4.sub(f32x4.mul(d11, d22), f32x4.mul(a12, a12));
    const scale = v128.and(v128.load(mask), f32x4.div(f32x4.splat(omega), determinant));
    v128.store(system, f32x4.mul(d22, scale), 2 * VECTOR);
    v128.store(system, f32x4.neg(f32x4.mul(a12, scale)), 3 * VECTOR);
    v128.store(system, f32x4.mul(d11, scale), 4 * VECTOR);
    v128.store(system, left, 5 * VECTOR);
    v128.store(system, right, 6 * VECTOR);
    v128.store(system, up, 7 * VECTOR);
    v128.store(system, down, 8 * VECTOR);

    flow += FLOW_BLOCK;
    data += DATA_BLOCK;
    mask += VECTOR;
    here += VECTOR;
    beside += VECTOR;
    above += VECTOR;
    below += VECTOR;
    system += SYSTEM_BLOCK;
  }
}

// @ts-ignore: decorator
@inline
function dot(a: v128, b: v128, c: v128, d: v128): v128 {
  return f32x4.add(f32x4.mul(a, b), f32x4.mul(c, d));
}

// @ts-ignore: decorator
@inline
function inverseRoot(s: v128): v128 {
  return f32x4.div(f32x4.splat(1), f32x4.sqrt(s));
}
