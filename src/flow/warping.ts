import { nearest, newPlane, type Plane } from './plane.ts';
import type { Level } from './pyramid.ts';

/**
 * The abbreviations (8) of the paper: derivatives of the second frame at x + w, and differences (index z)
 * between the second frame at x + w and the first at x.
 */
export interface Warped {
  readonly x: Plane;
  readonly y: Plane;
  readonly z: Plane;
  readonly xx: Plane;
  readonly xy: Plane;
  readonly yy: Plane;
  readonly xz: Plane;
  readonly yz: Plane;
}

/**
 * Looks up the second frame and its derivatives where the flow says.
 *
 * The derivatives themselves are warped, I_x := ∂ₓI₂(x + w) as in the paper. Differentiating the warped image
 * instead mixes in derivatives of the flow, which is unstable.
 *
 * Where x + w is outside the frame all eight are zero: the data say nothing there, and smoothness fills in.
 */
export function warp(first: Level, second: Level, u: Plane, v: Plane): Warped {
  const { width, height } = first.image;
  const plane = () => newPlane(width, height);
  const warped = { x: plane(), y: plane(), z: plane(), xx: plane(), xy: plane(), yy: plane() };
  const differences = { xz: plane(), yz: plane() };
  for (let y = 0; y < height; y++) {
    for (let x = 0; x < width; x++) {
      const p = y * width + x;
      const toX = x + u.data[p]!;
      const toY = y + v.data[p]!;
      const inside = toX >= 0 && toX <= width - 1 && toY >= 0 && toY <= height - 1;
      if (!inside) continue;
      const at = bicubic(width, height, toX, toY);
      warped.x.data[p] = at(second.x);
      warped.y.data[p] = at(second.y);
      warped.xx.data[p] = at(second.xx);
      warped.xy.data[p] = at(second.xy);
      warped.yy.data[p] = at(second.yy);
      warped.z.data[p] = at(second.image) - first.image.data[p]!;
      differences.xz.data[p] = warped.x.data[p]! - first.x.data[p]!;
      differences.yz.data[p] = warped.y.data[p]! - first.y.data[p]!;
    }
  }
  return { ...warped, ...differences };
}

/**
 * Bicubic interpolation at one point (Keys 1981, with a = −½: the Catmull-Rom spline), of any plane of that size:
 * the weights are the same for all of them.
 */
function bicubic(width: number, height: number, x: number, y: number): (plane: Plane) => number {
  const [left, top] = [Math.floor(x), Math.floor(y)];
  const across = cubicWeights(x - left);
  const down = cubicWeights(y - top);
  const columns = [left - 1, left, left + 1, left + 2].map((column) => nearest(column, width));
  const rows = [top - 1, top, top + 1, top + 2].map((row) => nearest(row, height) * width);
  return ({ data }) => {
    let value = 0;
    for (let j = 0; j < 4; j++) {
      let alongRow = 0;
      for (let i = 0; i < 4; i++) alongRow += across[i]! * data[rows[j]! + columns[i]!]!;
      value += down[j]! * alongRow;
    }
    return value;
  };
}

/** Weights of the pixels at −1, 0, 1, 2 for a point at t in [0, 1). */
function cubicWeights(t: number): readonly number[] {
  const t2 = t * t;
  const t3 = t2 * t;
  return [(-t3 + 2 * t2 - t) / 2, (3 * t3 - 5 * t2 + 2) / 2, (-3 * t3 + 4 * t2 + t) / 2, (t3 - t2) / 2];
}
