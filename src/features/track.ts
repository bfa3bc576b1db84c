/** Feature vectors over the time of a film, each of a stretch of it; in order and without overlap. */
export interface FeatureTrack {
  /** The name of the network's track. */
  readonly name: string;
  readonly stretches: readonly Stretch[];
}

/** The feature vector of a stretch of film. */
export interface Stretch {
  /** Seconds from the film's start. */
  readonly begin: number;
  readonly end: number;
  readonly vector: Float32Array;
}

/** What networks make of a film. */
export interface FilmFeatures {
  /** Those of the network's tracks that something could be computed of. */
  readonly tracks: readonly FeatureTrack[];
  /** The streams that these come from. */
  readonly streams: readonly string[];
}

/** Frames as stretches: each lasts from halfway to the one before it until halfway to the next. */
export function stretchesOf(
  times: readonly number[],
  vectors: readonly Float32Array[],
  end: number,
): Stretch[] {
  const halfway = (index: number) => (times[index - 1]! + times[index]!) / 2;
  return vectors.map((vector, index) => ({
    begin: index === 0 ? times[0]! : halfway(index),
    end: index === vectors.length - 1 ? Math.max(end, times[index]!) : halfway(index + 1),
    vector,
  }));
}

/**
 * The mean vector of a window of the film, each stretch by how much of it lies within; undefined where none does. It is
 * what `predict` takes, and what windows are compared by.
 */
export function windowMean({ stretches }: FeatureTrack, from: number, to: number): Float32Array | undefined {
  const within: { share: number; vector: Float32Array }[] = [];
  let total = 0;
  for (let index = firstAfter(stretches, from); index < stretches.length; index++) {
    const { begin, end, vector } = stretches[index]!;
    if (begin >= to) break;
    const share = Math.max(0, Math.min(end, to) - Math.max(begin, from));
    if (share > 0) within.push({ share, vector });
    total += share;
  }
  if (total <= 1e-9) return undefined;
  const mean = new Float32Array(stretches[0]!.vector.length);
  for (const { share, vector } of within) {
    const weight = share / total;
    for (let i = 0; i < mean.length; i++) mean[i]! += weight * vector[i]!;
  }
  return mean;
}

/**
 * The mean vectors of a film by the name of their track, every stretch alike: what the network for clips takes of it as
 * one clip.
 */
export function clipVectors({ tracks }: FilmFeatures): Record<string, Float32Array> {
  return Object.fromEntries(
    tracks.map(({ name, stretches }) => {
      const sums = new Float64Array(stretches[0]!.vector.length);
      for (const { vector } of stretches) for (let i = 0; i < sums.length; i++) sums[i]! += vector[i]!;
      return [name, Float32Array.from(sums, (sum) => sum / stretches.length)];
    }),
  );
}

/** Index of the first stretch that ends after a time. */
function firstAfter(stretches: readonly Stretch[], time: number): number {
  let [low, high] = [0, stretches.length];
  while (low < high) {
    const middle = (low + high) >> 1;
    if (stretches[middle]!.end > time) high = middle;
    else low = middle + 1;
  }
  return low;
}
