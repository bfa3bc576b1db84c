// Frames and fields that the tests of the flow share.
import type { FlowField, GrayImage } from './schedule.ts';

/** A smooth random texture, a sum of waves, looked at through a window that starts at (left, top). */
export function texture(width: number, height: number, seed: number, left = 0, top = 0): GrayImage {
  const data = new Float32Array(width * height);
  for (let y = 0; y < height; y++) {
    for (let x = 0; x < width; x++) {
      let value = 128;
      for (let n = 1; n <= 8; n++) {
        const angle = 2.399 * n + seed;
        const phase = Math.cos(angle) * (x + left) + Math.sin(angle) * (y + top);
        value += 14 * Math.sin((phase * (1 + (n % 4))) / 9 + n * seed);
      }
      data[y * width + x] = value;
    }
  }
  return { width, height, data };
}

export function constantFlow(width: number, height: number, u: number, v: number): FlowField {
  return {
    width,
    height,
    u: new Float32Array(width * height).fill(u),
    v: new Float32Array(width * height).fill(v),
  };
}

/** The field without a border of so many pixels. */
export function interior({ width, height, u, v }: FlowField, border: number): FlowField {
  const [innerWidth, innerHeight] = [width - 2 * border, height - 2 * border];
  const inner = constantFlow(innerWidth, innerHeight, 0, 0);
  for (let y = 0; y < innerHeight; y++) {
    const from = (y + border) * width + border;
    inner.u.set(u.subarray(from, from + innerWidth), y * innerWidth);
    inner.v.set(v.subarray(from, from + innerWidth), y * innerWidth);
  }
  return inner;
}

export function mirrored({ width, height, data }: GrayImage): GrayImage {
  const flipped = new Float32Array(data.length);
  for (let p = 0; p < data.length; p++) flipped[p] = data[p - (p % width) + width - 1 - (p % width)]!;
  return { width, height, data: flipped };
}

export const largest = (values: Float32Array): number =>
  values.reduce((most, value) => Math.max(most, Math.abs(value)), 0);
