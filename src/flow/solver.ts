import type { Plane } from './plane.ts';
import type { System } from './system.ts';

/**
 * Successive over-relaxation (Young 1971) of the flow (u, v), in place.
 *
 * Each pixel's two equations are solved together, its neighbours held fixed, and the step is lengthened by ω.
 * A sweep visits the pixels in red-black order: first those with x + y even, then the others. All neighbours of a
 * red pixel are black, so the pixels of one colour can be updated in any order, four at a time with SIMD, and
 * every implementation gets the same result. Row by row, each pixel would wait for the one before.
 */
export function relax(system: System, [u, v]: readonly [Plane, Plane], sweeps: number, omega: number): void {
  for (let sweep = 0; sweep < sweeps; sweep++) {
    relaxColor(system, u, v, 0, omega);
    relaxColor(system, u, v, 1, omega);
  }
}

function relaxColor(system: System, u: Plane, v: Plane, color: 0 | 1, omega: number): void {
  const { width, height } = u;
  const { a11, a12, a22, b1, b2, right, below } = system;
  for (let y = 0; y < height; y++) {
    for (let x = (y + color) % 2; x < width; x += 2) {
      const p = y * width + x;
      let neighbours = 0;
      let sumU = b1.data[p]!;
      let sumV = b2.data[p]!;
      const add = (n: number, weight: number) => {
        neighbours += weight;
        sumU += weight * u.data[n]!;
        sumV += weight * v.data[n]!;
      };
      if (x > 0) add(p - 1, right.data[p - 1]!);
      if (x < width - 1) add(p + 1, right.data[p]!);
      if (y > 0) add(p - width, below.data[p - width]!);
      if (y < height - 1) add(p + width, below.data[p]!);

      const d11 = a11.data[p]! + neighbours;
      const d22 = a22.data[p]! + neighbours;
      const d12 = a12.data[p]!;
      const determinant = d11 * d22 - d12 * d12;
      const solvedU = (d22 * sumU - d12 * sumV) / determinant;
      const solvedV = (d11 * sumV - d12 * sumU) / determinant;
      u.data[p] = (1 - omega) * u.data[p]! + omega * solvedU;
      v.data[p] = (1 - omega) * v.data[p]! + omega * solvedV;
    }
  }
}
