import { newPlane, type Plane } from './plane.ts';
import { splineAt } from './spline.ts';

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
 * Looks up the second frame and its derivatives where the flow says, both frames as spline surfaces.
 *
 * The derivatives themselves are warped, I_x := ∂ₓI₂(x + w) as in the paper. Differentiating the warped image
 * instead mixes in derivatives of the flow, which is unstable.
 *
 * Where x + w is outside the frame all eight are zero: the data say nothing there, and smoothness fills in.
 */
export function warp(first: Plane, second: Plane, u: Plane, v: Plane): Warped {
  const { width, height } = first;
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
      const here = splineAt(first, x, y);
      const there = splineAt(second, toX, toY);
      warped.x.data[p] = there.x;
      warped.y.data[p] = there.y;
      warped.xx.data[p] = there.xx;
      warped.xy.data[p] = there.xy;
      warped.yy.data[p] = there.yy;
      warped.z.data[p] = there.value - here.value;
      differences.xz.data[p] = there.x - here.x;
      differences.yz.data[p] = there.y - here.y;
    }
  }
  return { ...warped, ...differences };
}
