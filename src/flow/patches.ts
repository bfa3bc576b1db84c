import { nearest, newPlane, type Plane } from './plane.ts';

/**
 * Distance of the patch around (x, y) of the first picture from that around (x + u, y + v) of the second, in gray levels; infinite
 * where it is `limit` or more, or the second patch has its middle outside the picture. x and y are whole numbers inside the picture.
 */
export type PatchDistance = (x: number, y: number, u: number, v: number, limit?: number) => number;

/** Around each pixel (2 · 4 + 1)² pixels make the mean that its gray value is taken from. */
const surroundings = 4;

/**
 * How different two patches of (2 · `radius` + 1)² pixels are: the mean absolute difference of what their gray values are above the
 * mean of their surroundings, so that a change of light does not count. The second patch is looked up between pixels, bilinear.
 */
export function patchDistance(first: Plane, second: Plane, radius: number): PatchDistance {
  const { width, height } = first;
  const border = radius + 1;
  const stride = width + 2 * border;
  const [a, b] = [padded(detail(first), border), padded(detail(second), border)];
  const side = 2 * radius + 1;
  return (x, y, u, v, limit = Number.POSITIVE_INFINITY) => {
    const [toX, toY] = [x + u, y + v];
    if (!(toX >= 0 && toX <= width - 1 && toY >= 0 && toY <= height - 1)) return Number.POSITIVE_INFINITY;
    const [left, top] = [Math.floor(toX), Math.floor(toY)];
    const [across, down] = [toX - left, toY - top];
    const [w00, w10] = [(1 - across) * (1 - down), across * (1 - down)];
    const [w01, w11] = [(1 - across) * down, across * down];
    const most = limit * side * side;
    let difference = 0;
    for (let j = 1; j <= side; j++) {
      let here = (y + j) * stride + x + 1;
      let there = (top + j) * stride + left + 1;
      for (let i = 0; i < side; i++, here++, there++) {
        const above = w00 * b[there]! + w10 * b[there + 1]!;
        const below = w01 * b[there + stride]! + w11 * b[there + stride + 1]!;
        difference += Math.abs(above + below - a[here]!);
      }
      if (difference >= most) return Number.POSITIVE_INFINITY;
    }
    return difference / (side * side);
  };
}

/** Each gray value less the mean of its surroundings. */
function detail(image: Plane): Plane {
  const { width, height, data } = image;
  const across = newPlane(width, height);
  const mean = newPlane(width, height);
  const count = 2 * surroundings + 1;
  for (let y = 0; y < height; y++) {
    for (let x = 0; x < width; x++) {
      let sum = 0;
      for (let i = x - surroundings; i <= x + surroundings; i++) sum += data[y * width + nearest(i, width)]!;
      across.data[y * width + x] = sum / count;
    }
  }
  for (let y = 0; y < height; y++) {
    for (let x = 0; x < width; x++) {
      let sum = 0;
      for (let j = y - surroundings; j <= y + surroundings; j++)
        sum += across.data[nearest(j, height) * width + x]!;
      mean.data[y * width + x] = sum / count;
    }
  }
  return { width, height, data: data.map((value, p) => value - mean.data[p]!) };
}

/** The image with its edges repeated outside. */
function padded({ width, height, data }: Plane, border: number): Float32Array {
  const stride = width + 2 * border;
  const wide = new Float32Array(stride * (height + 2 * border));
  for (let p = 0; p < wide.length; p++) {
    const [x, y] = [(p % stride) - border, Math.floor(p / stride) - border];
    wide[p] = data[nearest(y, height) * width + nearest(x, width)]!;
  }
  return wide;
}
