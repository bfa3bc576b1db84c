/** A picture, packed, three bytes a pixel, row by row. */
export interface FacePicture {
  readonly width: number;
  readonly height: number;
  readonly rgb: Uint8Array;
}

/** A square over a picture, in its pixels; it may reach over the edge. */
export interface Square {
  /** Of its middle. */
  readonly x: number;
  readonly y: number;
  readonly side: number;
  /** How far it is turned clockwise, in radians. */
  readonly angle: number;
}

/**
 * A square of a picture at another size: each pixel is the mean of bilinear samples, as many as it covers pixels of the
 * picture. What lies beyond the edge is black.
 *
 * @param input receives three planes of size × size: red, green and blue, 0 … 255.
 */
export function cutSquare(picture: FacePicture, square: Square, size: number, input: Float32Array): void {
  const step = square.side / size;
  const samples = Math.max(1, Math.ceil(step - 1e-6));
  const weight = 1 / (samples * samples);
  const cos = Math.cos(square.angle);
  const sin = Math.sin(square.angle);
  const sums: [number, number, number] = [0, 0, 0];
  input.fill(0, 0, 3 * size * size);
  for (let row = 0; row < size; row++)
    for (let column = 0; column < size; column++) {
      sums.fill(0);
      for (let i = 0; i < samples; i++)
        for (let j = 0; j < samples; j++) {
          const right = (column + (j + 0.5) / samples) * step - square.side / 2;
          const down = (row + (i + 0.5) / samples) * step - square.side / 2;
          addSample(picture, square.x + cos * right - sin * down, square.y + sin * right + cos * down, sums);
        }
      for (let channel = 0; channel < 3; channel++)
        input[(channel * size + row) * size + column] = sums[channel]! * weight;
    }
}

/** Adds the color at a point between the middles of four pixels. */
function addSample(
  { width, height, rgb }: FacePicture,
  x: number,
  y: number,
  sums: [number, number, number],
): void {
  if (x < 0 || y < 0 || x > width || y > height) return;
  const left = Math.floor(x - 0.5);
  const top = Math.floor(y - 0.5);
  const a = x - 0.5 - left;
  const b = y - 0.5 - top;
  // at the edge the last pixel goes on
  const [x0, x1] = [Math.max(0, left), Math.min(width - 1, left + 1)];
  const [y0, y1] = [Math.max(0, top), Math.min(height - 1, top + 1)];
  for (let channel = 0; channel < 3; channel++) {
    const at = (row: number, column: number) => rgb[(row * width + column) * 3 + channel]!;
    const upper = at(y0, x0) + a * (at(y0, x1) - at(y0, x0));
    const lower = at(y1, x0) + a * (at(y1, x1) - at(y1, x0));
    sums[channel]! += upper + b * (lower - upper);
  }
}
