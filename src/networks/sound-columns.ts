// Where the columns of SoundNet's map lie in time, and how a long waveform is evaluated in parts.
import { type SoundLayer, windowsOf } from './soundnet.ts';

const sampleRate = 22_050;

/** How many columns SoundNet's map has for this many samples; 0 when the sound is too short for any. */
export function soundColumns(samples: number, layer: SoundLayer = 'conv7'): number {
  let count = samples;
  for (const { kernel, stride, padding } of windowsOf(layer)) {
    if (count + 2 * padding < kernel) return 0;
    count = Math.floor((count + 2 * padding - kernel) / stride) + 1;
  }
  return count;
}

/** Samples from one column to the next: 32,768 (1.5 s) for conv7, 8,192 for pool5. */
export function columnStride(layer: SoundLayer = 'conv7'): number {
  return windowsOf(layer).reduce((product, { stride }) => product * stride, 1);
}

/** The time in seconds of a column: the middle of the samples it depends on. */
export function columnTime(column: number, layer: SoundLayer = 'conv7'): number {
  const middle = windowsOf(layer).reduceRight(
    (place, { kernel, stride, padding }) => place * stride - padding + (kernel - 1) / 2,
    column,
  );
  return middle / sampleRate;
}

/** How many columns at either end depend on what lies beyond the ends. */
function bordersOf(samples: number, layer: SoundLayer): { left: number; right: number } {
  let [count, left, right] = [samples, 0, 0];
  for (const { kernel, stride, padding } of windowsOf(layer)) {
    const next = Math.floor((count + 2 * padding - kernel) / stride) + 1;
    left = Math.ceil((left + padding) / stride);
    right = next - 1 - Math.floor((count - right + padding - kernel) / stride);
    count = next;
  }
  return { left, right };
}

/** A part of a waveform to run through SoundNet, and which of the columns that come out to keep. */
export interface SoundChunk {
  samples: Float32Array;
  /** The first column to keep, counted in the chunk. */
  skip: number;
  /** How many to keep; the kept columns of all chunks, in order, are those of the whole waveform. */
  keep: number;
}

/**
 * Cuts a waveform that arrives in pieces into overlapping chunks, so that SoundNet's map of a whole film comes out as
 * if computed at once, in bounded memory. All chunks but the last are equally long, so they share a session.
 */
export class SoundChunks {
  private readonly layer: SoundLayer;
  private readonly chunk: Float32Array;
  private readonly borders: { left: number; right: number };
  private filled = 0;
  private isFirst = true;

  /** @param columns about how many columns a chunk gives; at least 16. */
  constructor(layer: SoundLayer = 'conv7', columns = 32) {
    this.layer = layer;
    this.chunk = new Float32Array(columns * columnStride(layer));
    this.borders = bordersOf(this.chunk.length, layer);
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
    const keep = soundColumns(this.filled, this.layer) - skip;
    return keep > 0 ? [{ samples: this.chunk.slice(0, this.filled), skip, keep }] : [];
  }

  /** A full chunk, with more to follow: keeps the samples that the next one needs again. */
  private middle(): SoundChunk {
    const { left, right } = this.borders;
    const skip = this.isFirst ? 0 : left;
    const end = soundColumns(this.chunk.length, this.layer) - right;
    const samples = this.chunk.slice();
    // The next chunk's first clean column is number `left` of its own, and follows the last one kept here.
    const next = (end - left) * columnStride(this.layer);
    this.chunk.copyWithin(0, next);
    this.filled = samples.length - next;
    this.isFirst = false;
    return { samples, skip, keep: end - skip };
  }
}
