import { nearest, type Plane } from './plane.ts';

/** Value and derivatives of a surface at one point. */
export interface SurfacePoint {
  readonly value: number;
  readonly x: number;
  readonly y: number;
  readonly xx: number;
  readonly xy: number;
  readonly yy: number;
}

/**
 * The cubic B-spline surface with the pixels as its coefficients (Unser 1999), at the point (x, y).
 *
 * It has continuous second derivatives, so the brightness, its gradient and the change of the gradient are those of
 * one surface at any point, between pixels too. It does not pass through the pixels: it smooths a little, like a
 * Gaussian of variance ⅓ pixel².
 */
export function splineAt(coefficients: Plane, x: number, y: number): SurfacePoint {
  const { width, height, data } = coefficients;
  const [left, top] = [Math.floor(x), Math.floor(y)];
  const across = splineWeights(x - left);
  const down = splineWeights(y - top);
  const point = { value: 0, x: 0, y: 0, xx: 0, xy: 0, yy: 0 };
  for (let j = 0; j < 4; j++) {
    const row = nearest(top - 1 + j, height) * width;
    let value = 0;
    let slope = 0;
    let curvature = 0;
    for (let i = 0; i < 4; i++) {
      const coefficient = data[row + nearest(left - 1 + i, width)]!;
      value += across.value[i]! * coefficient;
      slope += across.slope[i]! * coefficient;
      curvature += across.curvature[i]! * coefficient;
    }
    point.value += down.value[j]! * value;
    point.x += down.value[j]! * slope;
    point.xx += down.value[j]! * curvature;
    point.y += down.slope[j]! * value;
    point.xy += down.slope[j]! * slope;
    point.yy += down.curvature[j]! * value;
  }
  return point;
}

/** Weights of the coefficients at −1, 0, 1, 2 for the value, the first and the second derivative at t in [0, 1). */
function splineWeights(t: number) {
  const s = 1 - t;
  const [t2, s2] = [t * t, s * s];
  return {
    value: [(s2 * s) / 6, (4 - 6 * t2 + 3 * t2 * t) / 6, (4 - 6 * s2 + 3 * s2 * s) / 6, (t2 * t) / 6],
    slope: [-s2 / 2, (3 * t2 - 4 * t) / 2, (4 * s - 3 * s2) / 2, t2 / 2],
    curvature: [s, 3 * t - 2, 1 - 3 * t, t],
  };
}
