// Where the columns of a map of sound lie in time, and how a long waveform is evaluated in parts.
import { sampleRate } from '../support/sound.ts';

/** A convolution or a pooling along time. */
export interface Window {
  readonly kernel: number;
  readonly stride: number;
  readonly padding: number;
}

/** How many columns the map has for this many samples; 0 when the sound is too short for any. */
export function columnCount(samples: number, windows: readonly Window[]): number {
  let count = samples;
  for (const { kernel, stride, padding } of windows) {
    if (count + 2 * padding < kernel) return 0;
    count = Math.floor((count + 2 * padding - kernel) / stride) + 1;
  }
  return count;
}

/** Samples from one column to the next: 32,768 (1.5 s) for SoundNet's conv7, 8,192 for pool5. */
export function columnStride(windows: readonly Window[]): number {
  return windows.reduce((product, { stride }) => product * stride, 1);
}

/** The time in seconds of a column: the middle of the samples it depends on. */
export function columnTime(column: number, windows: readonly Window[]): number {
  const middle = windows.reduceRight(
    (place, { kernel, stride, padding }) => place * stride - padding + (kernel - 1) / 2,
    column,
  );
  return middle / sampleRate;
}

/** How many columns at either end depend on what lies beyond the ends. */
function bordersOf(samples: number, windows: readonly Window[]): { left: number; right: number } {
  let [count, left, right] = [samples, 0, 0];
  for (const { kernel, stride, padding } of windows) {
    const next = Math.floor((count + 2 * padding - kernel) / stride) + 1;
    left = Math.ceil((left + padding) / stride);
    right = next - 1 - Math.floor((count - right + padding - kernel) / stride);
    count = next;
  }
  return { left, right };
}

/** A part of a waveform to run through a network, and which of the columns that come out to keep. */
export interface SoundChunk {
  samples: Float32Array;
  /** The first column to keep, counted in the chunk. */
  skip: number;
  /** How many to keep; the kept columns of all chunks, in order, are those of the whole waveform. */
  keep: number;
}

/**
 * Cuts a waveform that arrives in pieces into overlapping chunks, so that the map of a whole film's sound comes out
 * as if computed at once, in bounded memory. All chunks but the last are equally long, so they share a session.
 */
export class SoundChunks {
  private readonly windows: readonly Window[];
  private readonly chunk: Float32Array;
  private readonly borders: { left: number; right: number };
  private filled = 0;
  private isFirst = true;

  /** @param columns about how many columns a chunk gives; at least 16. */
  constructor(windows: readonly Window[], columns: number) {
    this.windows = windows;
    this.chunk = new Float32Array(columns * columnStride(windows));
    this.borders = bordersOf(this.chunk.length, windows);
  }

  /** Whether so many samples give one chunk, which `end` gives, and no other. */
  isOne(samples: number): boolean {
    return samples <= this.chunk.length && columnCount(samples, this.windows) > 0;
  }

  /** The chunks that are complete with these samples. */
  push(samples: Float32Array): SoundChunk[] {
    const complete: SoundChunk[] = [];
    for (let taken = 0; taken < samples.length; ) {
      if (this.filled === this.chunk.length) complete.push(this.middle());
      const part = samples.subarray(taken, taken + this.chunk.length - this.filled);
      this.chunk.set(part, this.filled);
      this.filled += part.length;
      taken += part.length;
    }
    return complete;
  }

  /** The rest, when the waveform has ended; nothing if it is too short for a column. */
  end(): SoundChunk[] {
    const skip = this.isFirst ? 0 : this.borders.left;
    const keep = columnCount(this.filled, this.windows) - skip;
    return keep > 0 ? [{ samples: this.chunk.slice(0, this.filled), skip, keep }] : [];
  }

  /** A full chunk, with more to follow: keeps the samples that the next one needs again. */
  private middle(): SoundChunk {
    const { left, right } = this.borders;
    const skip = this.isFirst ? 0 : left;
    const end = columnCount(this.chunk.length, this.windows) - right;
    const samples = this.chunk.slice();
    // The next chunk's first clean column is number `left` of its own, and follows the last one kept here.
    const next = (end - left) * columnStride(this.windows);
    this.chunk.copyWithin(0, next);
    this.filled = samples.length - next;
    this.isFirst = false;
    return { samples, skip, keep: end - skip };
  }
}
