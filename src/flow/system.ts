import { nearest, newPlane, type Plane } from './plane.ts';
import type { Schedule } from './schedule.ts';
import { splineAt } from './spline.ts';
import type { Warped } from './warping.ts';

/**
 * The linear equations of one inner step, the last ones of section 3.2, with the flow of the next step itself as the unknown:
 * u^k + du^{k,l+1}, which the smoothness term is about, instead of du^{k,l+1} alone.
 * For each pixel, with the sum over its neighbors n inside the frame:
 *
 *     (a11 + Σ s_n) u + a12 v = b1 + Σ s_n u_n
 *     a12 u + (a22 + Σ s_n) v = b2 + Σ s_n v_n
 */
export interface System {
  readonly a11: Plane;
  readonly a12: Plane;
  readonly a22: Plane;
  readonly b1: Plane;
  readonly b2: Plane;
  /** s between each pixel and its right neighbor; 0 in the last column. */
  readonly right: Plane;
  /** s between each pixel and the one below; 0 in the last row. */
  readonly below: Plane;
}

/** Derivative, up to the factor ½ that all terms share, of the robust function Ψ(s²) = √(s² + ε²). */
function robustWeight(squared: number, epsilon: number): number {
  return 1 / Math.sqrt(squared + epsilon * epsilon);
}

/**
 * Sets up the system at u^k + du^{k,l}.
 *
 * @param start the flow (u^k, v^k) that the second frame was warped with.
 * @param current the flow after l inner steps, (u^k + du^{k,l}, v^k + dv^{k,l}).
 * @param continuity of each pixel, how much smoothness counts there (`edgeWeights`).
 *
 * Each constancy assumption has a robust function of its own (Bruhn and Weickert 2005), not one for both as in (5): the same on
 * clean frames, and better under noise and changing light.
 */
export function linearSystem(
  image: Warped,
  start: readonly [Plane, Plane],
  current: readonly [Plane, Plane],
  continuity: Plane,
  { smoothness, gradientWeight, dataEpsilon, smoothnessEpsilon }: Schedule,
): System {
  const { width, height } = image.x;
  const plane = () => newPlane(width, height);
  const a11 = plane();
  const a12 = plane();
  const a22 = plane();
  const b1 = plane();
  const b2 = plane();
  for (let p = 0; p < width * height; p++) {
    const u = start[0].data[p]!;
    const v = start[1].data[p]!;
    const du = current[0].data[p]! - u;
    const dv = current[1].data[p]! - v;
    const ix = image.x.data[p]!;
    const iy = image.y.data[p]!;
    const iz = image.z.data[p]!;
    const ixx = image.xx.data[p]!;
    const ixy = image.xy.data[p]!;
    const iyy = image.yy.data[p]!;
    const ixz = image.xz.data[p]!;
    const iyz = image.yz.data[p]!;

    // First-order Taylor expansions: what remains of each constancy assumption at du, dv.
    const brightness = (iz + ix * du + iy * dv) ** 2;
    const gradient = (ixz + ixx * du + ixy * dv) ** 2 + (iyz + ixy * du + iyy * dv) ** 2;

    // The paper's (Ψ')_Data.
    const weight = robustWeight(brightness, dataEpsilon);
    const ofGradient = gradientWeight * robustWeight(gradient, dataEpsilon);

    // The terms of the Euler-Lagrange equations with du, with dv, and with neither; the last go to the right-hand side.
    const m11 = weight * ix * ix + ofGradient * (ixx * ixx + ixy * ixy);
    const m12 = weight * ix * iy + ofGradient * (ixx * ixy + ixy * iyy);
    const m22 = weight * iy * iy + ofGradient * (ixy * ixy + iyy * iyy);
    const r1 = weight * ix * iz + ofGradient * (ixx * ixz + ixy * iyz);
    const r2 = weight * iy * iz + ofGradient * (ixy * ixz + iyy * iyz);
    a11.data[p] = m11;
    a12.data[p] = m12;
    a22.data[p] = m22;
    b1.data[p] = m11 * u + m12 * v - r1;
    b2.data[p] = m12 * u + m22 * v - r2;
  }
  return { a11, a12, a22, b1, b2, ...diffusivity(current, continuity, smoothness, smoothnessEpsilon) };
}

/** How much smoothness counts at each pixel: 1/√(1 + |∇I|²/K²), K being `edgeSlope`. */
export function edgeWeights(image: Plane, edgeSlope: number): Plane {
  const { width, height } = image;
  const weights = newPlane(width, height);
  for (let y = 0; y < height; y++) {
    for (let x = 0; x < width; x++) {
      const at = splineAt(image, x, y);
      weights.data[y * width + x] = 1 / Math.sqrt(1 + (at.x ** 2 + at.y ** 2) / edgeSlope ** 2);
    }
  }
  return weights;
}

/**
 * α (Ψ')_Smooth between neighbors: the mean of its values at the two pixels.
 * ∇u and ∇v by central differences.
 */
function diffusivity(
  [u, v]: readonly [Plane, Plane],
  continuity: Plane,
  smoothness: number,
  epsilon: number,
) {
  const { width, height } = u;
  const weight = newPlane(width, height);
  for (let y = 0; y < height; y++) {
    for (let x = 0; x < width; x++) {
      const east = y * width + nearest(x + 1, width);
      const west = y * width + nearest(x - 1, width);
      const south = nearest(y + 1, height) * width + x;
      const north = nearest(y - 1, height) * width + x;
      const ux = (u.data[east]! - u.data[west]!) / 2;
      const uy = (u.data[south]! - u.data[north]!) / 2;
      const vx = (v.data[east]! - v.data[west]!) / 2;
      const vy = (v.data[south]! - v.data[north]!) / 2;
      const p = y * width + x;
      weight.data[p] =
        smoothness * continuity.data[p]! * robustWeight(ux * ux + uy * uy + vx * vx + vy * vy, epsilon);
    }
  }
  const right = newPlane(width, height);
  const below = newPlane(width, height);
  for (let y = 0; y < height; y++) {
    for (let x = 0; x < width; x++) {
      const p = y * width + x;
      if (x < width - 1) right.data[p] = (weight.data[p]! + weight.data[p + 1]!) / 2;
      if (y < height - 1) below.data[p] = (weight.data[p]! + weight.data[p + width]!) / 2;
    }
  }
  return { right, below };
}
