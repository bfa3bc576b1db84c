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
 * The one boundary rule of blurs, derivatives, resampling and warps: beyond the border, its pixels repeat.
 */
export function nearest(i: number, size: number): number {
  return i < 0 ? 0 : i >= size ? size - 1 : i;
}

/**
 * Gaussian blur, separable, rows first. The kernel is cut off at ⌈3σ⌉ pixels and scaled to sum 1.
 *
 * @param sigma standard deviation in pixels.
 */
export function blur(image: Plane, sigma: number): Plane {
  const { width, height } = image;
  const radius = Math.ceil(3 * sigma);
  const weights = Array.from({ length: 2 * radius + 1 }, (_, i) =>
    Math.exp(-((i - radius) ** 2) / (2 * sigma ** 2)),
  );
  const sum = weights.reduce((total, weight) => total + weight);
  const kernel = Float32Array.from(weights, (weight) => weight / sum);

  const alongRows = newPlane(width, height);
  const blurred = newPlane(width, height);
  for (let y = 0; y < height; y++) {
    for (let x = 0; x < width; x++) {
      let value = 0;
      for (let i = -radius; i <= radius; i++) {
        value += kernel[i + radius]! * image.data[y * width + nearest(x + i, width)]!;
      }
      alongRows.data[y * width + x] = value;
    }
  }
  for (let y = 0; y < height; y++) {
    for (let x = 0; x < width; x++) {
      let value = 0;
      for (let i = -radius; i <= radius; i++) {
        value += kernel[i + radius]! * alongRows.data[nearest(y + i, height) * width + x]!;
      }
      blurred.data[y * width + x] = value;
    }
  }
  return blurred;
}

/**
 * Bilinear resampling, all values times `factor`. Pixel centres are at x + ½, so that both grids cover the same area.
 * For a reduction the image has to be blurred before.
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

/** ∂/∂x with the stencil (1, −8, 0, 8, −1) / 12, of fourth order. */
export function derivativeX(image: Plane): Plane {
  const { width, height, data } = image;
  const derivative = newPlane(width, height);
  for (let y = 0; y < height; y++) {
    const at = (x: number) => data[y * width + nearest(x, width)]!;
    for (let x = 0; x < width; x++) {
      derivative.data[y * width + x] = (8 * (at(x + 1) - at(x - 1)) - (at(x + 2) - at(x - 2))) / 12;
    }
  }
  return derivative;
}

/** ∂/∂y, likewise. */
export function derivativeY(image: Plane): Plane {
  const { width, height, data } = image;
  const derivative = newPlane(width, height);
  for (let x = 0; x < width; x++) {
    const at = (y: number) => data[nearest(y, height) * width + x]!;
    for (let y = 0; y < height; y++) {
      derivative.data[y * width + x] = (8 * (at(y + 1) - at(y - 1)) - (at(y + 2) - at(y - 2))) / 12;
    }
  }
  return derivative;
}
