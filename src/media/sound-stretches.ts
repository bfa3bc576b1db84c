/*
 * Sound on its way from the decoding child: a codec gives some fiftieth of a second at a time, and a message for each would
 * cost more than what is in it.
 */

/** A run of samples of the sound as it was decoded: pairs, the mean of the channels and half their difference. */
export interface Stretch<Samples = Float32Array> {
  /** Of its first sample, in seconds; NaN where the file gives none. */
  readonly time: number;
  readonly samples: Samples;
}

/** So many bytes are sent together: a third of a second. */
const mostBytes = 65_536;

/** Collects stretches until there are enough of them. */
export class StretchCollector {
  private readonly send: (samples: Uint8Array, heads: Uint8Array) => void;
  private waiting: Stretch<Uint8Array>[] = [];
  private bytes = 0;

  /** @param send is given the samples of some stretches, and what `stretchesOf` needs to part them. */
  constructor(send: (samples: Uint8Array, heads: Uint8Array) => void) {
    this.send = send;
  }

  /** @param stretch float32 samples, as bytes. */
  push(stretch: Stretch<Uint8Array>): void {
    this.waiting.push(stretch);
    this.bytes += stretch.samples.length;
    if (this.bytes >= mostBytes) this.flush();
  }

  /** Sends what waits. */
  flush(): void {
    if (this.waiting.length === 0) return;
    const heads = Float64Array.from(this.waiting.flatMap(({ time, samples }) => [time, samples.length]));
    const samples = this.waiting.map((stretch) => stretch.samples);
    this.waiting = [];
    this.bytes = 0;
    this.send(Buffer.concat(samples), new Uint8Array(heads.buffer));
  }
}

/** The stretches that were sent together, in the memory of what was sent. */
export function stretchesOf({ buffer }: Uint8Array, heads: Uint8Array): Stretch[] {
  const numbers = new Float64Array(heads.buffer, heads.byteOffset, heads.length / 8);
  let start = 0;
  return Array.from({ length: numbers.length / 2 }, (_, i) => {
    const samples = new Float32Array(buffer, start, numbers[2 * i + 1]! / 4);
    start += samples.byteLength;
    return { time: numbers[2 * i]!, samples };
  });
}

/**
 * Stretches joined to longer ones, as few as may be.
 *
 * @param least samples; so long ones are given on, for silence in a hole may be long.
 */
export function* joined(stretches: Iterable<Float32Array>, least: number): Generator<Float32Array> {
  let waiting: Float32Array[] = [];
  let length = 0;
  for (const samples of stretches) {
    waiting.push(samples);
    length += samples.length;
    if (length < least) continue;
    yield inOne(waiting, length);
    waiting = [];
    length = 0;
  }
  if (length > 0) yield inOne(waiting, length);
}

function inOne(parts: readonly Float32Array[], length: number): Float32Array {
  if (parts.length === 1) return parts[0]!;
  const whole = new Float32Array(length);
  let end = 0;
  for (const part of parts) {
    whole.set(part, end);
    end += part.length;
  }
  return whole;
}
