import { nearest, newPlane, type Plane } from './plane.ts';

const radius = 1;

/**
 * The 3 × 3 median. At the end of each level it takes away the flow's outliers, which the next finer one would keep
 * (Sun, Roth and Black, "Secrets of Optical Flow Estimation and Their Principles", CVPR 2010).
 */
export function median(image: Plane): Plane {
  const { width, height, data } = image;
  const filtered = newPlane(width, height);
  const window = new Float32Array((2 * radius + 1) ** 2);
  for (let y = 0; y < height; y++) {
    for (let x = 0; x < width; x++) {
      let n = 0;
      for (let j = -radius; j <= radius; j++) {
        const row = nearest(y + j, height) * width;
        for (let i = -radius; i <= radius; i++) window[n++] = data[row + nearest(x + i, width)]!;
      }
      filtered.data[y * width + x] = window.sort()[(n - 1) / 2]!;
    }
  }
  return filtered;
}
