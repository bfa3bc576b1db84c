import { newPlane, type Plane } from './plane.ts';
import type { Schedule } from './schedule.ts';
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

/**
 * The constancy assumptions as distances in pixels, up to the floors: those of brightness divided by the slope of the second
 * frame there, those of the gradient by its curvature (Zimmer, Bruhn and Weickert, IJCV 2011).
 */
export function normalized(warped: Warped, { slopeFloor, curvatureFloor }: Schedule): Warped {
  const { x, y, xx, xy, yy } = warped;
  const bySlope = (plane: Plane) => scaled(plane, (p) => x.data[p]! ** 2 + y.data[p]! ** 2 + slopeFloor ** 2);
  const byCurvature = (plane: Plane) =>
    scaled(plane, (p) => {
      const ofGradients = xx.data[p]! ** 2 + 2 * xy.data[p]! ** 2 + yy.data[p]! ** 2;
      return ofGradients / 2 + curvatureFloor ** 2;
    });
  return {
    x: bySlope(x),
    y: bySlope(y),
    z: bySlope(warped.z),
    xx: byCurvature(xx),
    xy: byCurvature(xy),
    yy: byCurvature(yy),
    xz: byCurvature(warped.xz),
    yz: byCurvature(warped.yz),
  };
}

/** The plane divided by the root of what `squared` gives for each pixel. */
function scaled({ width, height, data }: Plane, squared: (p: number) => number): Plane {
  return { width, height, data: data.map((value, p) => value / Math.sqrt(squared(p))) };
}
