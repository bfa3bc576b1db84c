import { levelCounts } from '../support/level-counts.ts';

/** A picture of the film. All of one film have the same size and number of channels. */
export interface ShotFrame {
  /** Seconds from the film's start; rises from frame to frame. */
  time: number;
  width: number;
  height: number;
  /** Gray (`width * height` bytes) or RGB (three times as many), 0..255, row by row. */
  pixels: Uint8Array;
}

/** What is kept of a frame. */
export interface Look {
  time: number;
  /** Means of the cells of a grid, channel by channel within a cell, 0..1. */
  cells: Float32Array;
  /** Shares of the pixels by brightness (by that of each channel), each channel sums to 1. */
  histogram: Float32Array;
  /** Mean and standard deviation of the brightness, 0..1. */
  mean: number;
  deviation: number;
}

/** The grid that frames are compared on: coarse enough that a hand-held camera does not look like a cut. */
export const columns = 16;
export const rows = 12;
const levels = 16;

/** @throws RangeError when the picture has fewer pixels than the grid has cells, or not as many bytes as it says. */
export function lookAt({ time, width, height, pixels }: ShotFrame): Look {
  const channels = pixels.length / (width * height);
  if (width < columns || height < rows || (channels !== 1 && channels !== 3))
    throw new RangeError(
      `${pixels.length} bytes for a picture of ${width}×${height}: gray or RGB of at least ${columns}×${rows} is needed`,
    );
  const sums = new Float64Array(columns * rows * channels);
  const counts = new Uint32Array(columns * rows);
  const starts = Array.from({ length: columns + 1 }, (_, column) => Math.ceil((column * width) / columns));
  for (let y = 0; y < height; y++) {
    const row = Math.floor((y * rows) / height) * columns;
    for (let column = 0; column < columns; column++) {
      const cell = row + column;
      const [first, end] = [y * width + starts[column]!, y * width + starts[column + 1]!];
      counts[cell]! += end - first;
      for (let channel = 0; channel < channels; channel++) {
        let sum = 0;
        for (let at = first * channels + channel; at < end * channels; at += channels) sum += pixels[at]!;
        sums[cell * channels + channel]! += sum;
      }
    }
  }
  const cells = Float32Array.from(sums, (sum, i) => sum / (255 * counts[Math.floor(i / channels)]!));
  const valueCounts = channels === 1 ? levelCounts(pixels) : countsOfChannels(pixels, channels);
  const histogram = new Float32Array(levels * channels);
  for (let i = 0; i < valueCounts.length; i++) histogram[i >> 4]! += valueCounts[i]!;
  const count = width * height;
  for (let index = 0; index < histogram.length; index++) histogram[index]! /= count;
  const { sum, squares } = channels === 1 ? powersOf(valueCounts) : powersOfMeans(pixels);
  const mean = sum / count;
  const deviation = Math.sqrt(Math.max(squares / count - mean * mean, 0));
  return { time, cells, histogram, mean: mean / 255, deviation: deviation / 255 };
}

/** Of each channel, how often each value occurs. */
function countsOfChannels(pixels: Uint8Array, channels: number): Uint32Array {
  const counts = new Uint32Array(256 * channels);
  for (let channel = 0; channel < channels; channel++)
    for (let at = channel; at < pixels.length; at += channels) counts[256 * channel + pixels[at]!]!++;
  return counts;
}

/** Sum and sum of squares of values that occur so often. */
function powersOf(valueCounts: Readonly<Uint32Array>): { sum: number; squares: number } {
  let [sum, squares] = [0, 0];
  for (let value = 0; value < valueCounts.length; value++) {
    sum += valueCounts[value]! * value;
    squares += valueCounts[value]! * value * value;
  }
  return { sum, squares };
}

/** Sum and sum of squares of the means of the channels. */
function powersOfMeans(rgb: Uint8Array): { sum: number; squares: number } {
  let [sum, squares] = [0, 0];
  for (let at = 0; at < rgb.length; at += 3) {
    const brightness = (rgb[at]! + rgb[at + 1]! + rgb[at + 2]!) / 3;
    sum += brightness;
    squares += brightness * brightness;
  }
  return { sum, squares };
}

/**
 * How much of a frame the one before it does not explain, 0..1: the distance of their histograms, which motion leaves as
 * it is, and that of each cell to the most similar among the cells around it, which is left when the motion between two
 * frames is taken away.
 */
export function novelty(before: Look, after: Look): number {
  const channels = after.cells.length / (columns * rows);
  let unexplained = 0;
  for (let y = 0; y < rows; y++)
    for (let x = 0; x < columns; x++) {
      let best = Number.POSITIVE_INFINITY;
      for (let v = Math.max(y - 1, 0); v <= Math.min(y + 1, rows - 1); v++)
        for (let u = Math.max(x - 1, 0); u <= Math.min(x + 1, columns - 1); u++) {
          let distance = 0;
          for (let channel = 0; channel < channels; channel++)
            distance += Math.abs(
              after.cells[(y * columns + x) * channels + channel]! -
                before.cells[(v * columns + u) * channels + channel]!,
            );
          best = Math.min(best, distance);
        }
      unexplained += best / channels;
    }
  let shifted = 0;
  for (let index = 0; index < after.histogram.length; index++)
    shifted += Math.abs(after.histogram[index]! - before.histogram[index]!);
  return unexplained / (columns * rows) + shifted / (2 * channels) / 4;
}

/** Mean distance of cells at the same place, 0..1. */
export function difference(one: Float32Array, other: Float32Array): number {
  let sum = 0;
  for (let index = 0; index < one.length; index++) sum += Math.abs(one[index]! - other[index]!);
  return sum / one.length;
}
