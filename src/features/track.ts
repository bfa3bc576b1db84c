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
  const shares = stretches.map(({ begin, end }) => Math.max(0, Math.min(end, to) - Math.max(begin, from)));
  const total = shares.reduce((sum, share) => sum + share, 0);
  if (total <= 1e-9) return undefined;
  const mean = new Float32Array(stretches[0]!.vector.length);
  stretches.forEach(({ vector }, index) => {
    const weight = shares[index]! / total;
    if (weight > 0) for (let i = 0; i < mean.length; i++) mean[i]! += weight * vector[i]!;
  });
  return mean;
}
