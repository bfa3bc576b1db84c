import type { Plane } from './plane.ts';
import type { System } from './system.ts';

/**
 * Successive over-relaxation (Young 1971) of the flow (u, v), in place.
 *
 * Each pixel's two equations are solved together, its neighbors held fixed, and the step is lengthened by ω.
 * A sweep visits the pixels in red-black order: first those with x + y even, then the others. All neighbors of a
 * red pixel are black, so the pixels of one color can be updated in any order, four at a time with SIMD, and
 * every implementation gets the same result. Row by row, each pixel would wait for the one before.
 */
export function relax(system: System, [u, v]: readonly [Plane, Plane], sweeps: number, omega: number): void {
  for (let sweep = 0; sweep < sweeps; sweep++) {
    relaxColor(system, u.data, v.data, 0, omega);
    relaxColor(system, u.data, v.data, 1, omega);
  }
}

function relaxColor(system: System, u: Float32Array, v: Float32Array, color: 0 | 1, omega: number): void {
  const { width, height } = system.a11;
  const [a11, a12, a22] = [system.a11.data, system.a12.data, system.a22.data];
  const [b1, b2, right, below] = [system.b1.data, system.b2.data, system.right.data, system.below.data];
  for (let y = 0; y < height; y++) {
    for (let x = (y + color) % 2; x < width; x += 2) {
      const p = y * width + x;
      // Neighbors, and the weights between; outside the frame the weight is 0 and the pixel itself stands in.
      const west = x > 0 ? p - 1 : p;
      const east = x < width - 1 ? p + 1 : p;
      const north = y > 0 ? p - width : p;
      const south = y < height - 1 ? p + width : p;
      const toWest = x > 0 ? right[west]! : 0;
      const toEast = right[p]!;
      const toNorth = y > 0 ? below[north]! : 0;
      const toSouth = below[p]!;

      const sumU = b1[p]! + toWest * u[west]! + toEast * u[east]! + toNorth * u[north]! + toSouth * u[south]!;
      const sumV = b2[p]! + toWest * v[west]! + toEast * v[east]! + toNorth * v[north]! + toSouth * v[south]!;
      const neighbors = toWest + toEast + toNorth + toSouth;
      const d11 = a11[p]! + neighbors;
      const d12 = a12[p]!;
      const d22 = a22[p]! + neighbors;
      const determinant = d11 * d22 - d12 * d12;
      u[p] = (1 - omega) * u[p]! + (omega * (d22 * sumU - d12 * sumV)) / determinant;
      v[p] = (1 - omega) * v[p]! + (omega * (d11 * sumV - d12 * sumU)) / determinant;
    }
  }
}
