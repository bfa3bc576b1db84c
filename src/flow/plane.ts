/** An image, a derivative or a component of the flow: one value per pixel, row by row. */
export interface Plane {
  readonly width: number;
  readonly height: number;
  readonly data: Float32Array;
}

export function newPlane(width: number, height: number): Plane {
  return { width, height, data: new Float32Array(width * height) };
}

/**
 * Index of the pixel nearest to position `i` on a line of `size` pixels.
 * The one boundary rule of resampling and warps: beyond the border, its pixels repeat.
 */
export function nearest(i: number, size: number): number {
  return i < 0 ? 0 : i >= size ? size - 1 : i;
}

/** Pixels along a line that a Gaussian of `gaussianResample` is made of. */
const taps = 8;

/**
 * The image on a grid of another size, or of its own: each value is the mean of the pixels around its place, weighted
 * with a Gaussian and taken along columns, then rows. Blurring and reducing in one.
 *
 * @param sigma standard deviation in pixels of the given image; up to 1, or the Gaussian is cut off too early.
 */
export function gaussianResample(image: Plane, width: number, height: number, sigma: number): Plane {
  const acrossRows = newPlane(image.width, height);
  const resampled = newPlane(width, height);
  for (let y = 0; y < height; y++) {
    const { first, weights } = gaussianTaps(y, image.height, height, sigma);
    for (let x = 0; x < image.width; x++) {
      let value = 0;
      for (let k = 0; k < taps; k++) {
        value += weights[k]! * image.data[nearest(first + k, image.height) * image.width + x]!;
      }
      acrossRows.data[y * image.width + x] = value;
    }
  }
  for (let x = 0; x < width; x++) {
    const { first, weights } = gaussianTaps(x, image.width, width, sigma);
    for (let y = 0; y < height; y++) {
      let value = 0;
      for (let k = 0; k < taps; k++) {
        value += weights[k]! * acrossRows.data[y * image.width + nearest(first + k, image.width)]!;
      }
      resampled.data[y * width + x] = value;
    }
  }
  return resampled;
}

/** The first of the pixels around sample `i`, and the weights, of sum 1, of it and those after it. */
function gaussianTaps(i: number, from: number, to: number, sigma: number) {
  const place = ((i + 0.5) * from) / to - 0.5;
  const first = Math.floor(place) - 3;
  const weights = Array.from({ length: taps }, (_, k) =>
    Math.exp(-((first + k - place) ** 2) / (2 * sigma ** 2)),
  );
  const sum = weights.reduce((total, weight) => total + weight);
  return { first, weights: weights.map((weight) => weight / sum) };
}

/**
 * Bilinear resampling, all values times `factor`. Pixel centers are at x + ½, so that both grids cover the same area.
 * For the flow, from a level to the next finer one.
 */
export function resample(image: Plane, width: number, height: number, factor = 1): Plane {
  const resampled = newPlane(width, height);
  for (let y = 0; y < height; y++) {
    const fromY = ((y + 0.5) * image.height) / height - 0.5;
    const top = nearest(Math.floor(fromY), image.height) * image.width;
    const bottom = nearest(Math.floor(fromY) + 1, image.height) * image.width;
    const down = fromY - Math.floor(fromY);
    for (let x = 0; x < width; x++) {
      const fromX = ((x + 0.5) * image.width) / width - 0.5;
      const left = nearest(Math.floor(fromX), image.width);
      const right = nearest(Math.floor(fromX) + 1, image.width);
      const across = fromX - Math.floor(fromX);
      const above = image.data[top + left]! * (1 - across) + image.data[top + right]! * across;
      const below = image.data[bottom + left]! * (1 - across) + image.data[bottom + right]! * across;
      resampled.data[y * width + x] = factor * (above * (1 - down) + below * down);
    }
  }
  return resampled;
}
