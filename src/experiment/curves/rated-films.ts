// Films and their ratings, second by second: each film is analyzed once, and what the frozen networks make of it is kept.
import { createHash } from 'node:crypto';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { type Dimension, dimensions, resampled, type Scale } from '../../affect/index.ts';
import { type Analyzer, secondsOf } from '../../analysis/node/index.ts';
import type { CurveLabels } from '../../datasets/index.ts';
import type { FilmFeatures } from '../../features/index.ts';
import { contentHashOf } from '../../support/content-hash.ts';
import { InputError } from '../../support/errors.ts';
import { makeFolder } from '../../support/folders.ts';
import type { Tensor } from '../../support/tensor.ts';
import type { RatedSeconds } from '../../training/index.ts';
import { readSafetensors, writeSafetensors } from '../../weights/index.ts';

/** A film with ratings, and what the mean-linear head says of it. */
export interface RatedFilmSeconds extends RatedSeconds {
  /** The curve that `analyze` gives of it. */
  readonly curve: Readonly<Record<Dimension, Float64Array>>;
}

/** Where films are analyzed and kept, and who is told. */
export interface SecondsOptions {
  readonly analyzer: Analyzer;
  /** Files in it are named by film and model: several trainings may share it. */
  readonly cache: string;
  readonly signal?: AbortSignal | undefined;
  /** @param done 0 to 1, of this film. */
  readonly onProgress?: ((film: string, done: number) => void) | undefined;
}

/** Fewer seconds that were rated make no curve. */
const fewestRated = 10;

/**
 * A film's seconds with ratings beside them.
 *
 * @throws InputError when it cannot be analyzed, or ratings lack a dimension, share too few seconds with the film, or lie
 *   beyond the scale of the model.
 */
export async function ratedSeconds(
  path: string,
  labels: CurveLabels,
  options: SecondsOptions,
): Promise<RatedFilmSeconds> {
  const { seconds, curve } = await keptSeconds(path, options);
  const times = Float64Array.from({ length: curve.valence.length }, (_, time) => time);
  const { scale } = options.analyzer.model.description;
  const ratings = Object.fromEntries(
    dimensions.map((dimension) => {
      const track = labels.tracks.get(dimension);
      if (!track)
        throw new InputError(`the ratings of '${path}' have no ${dimension}; a head over time learns both`);
      const own = resampled(labels.times, onModelScale(track.mean, labels.scale, scale), times);
      checkRatings(own, scale, `${dimension} of '${path}'`);
      return [dimension, own];
    }),
  ) as Record<Dimension, Float64Array>;
  return { film: path, seconds, curve, ratings };
}

/** Ratings brought to the scale of the model's labels, end to end, where both scales are known. */
export function onModelScale(
  values: Float64Array,
  from: CurveLabels['scale'],
  to: Scale | undefined,
): Float64Array {
  if (!from || !to) return values;
  const stretch = (to[1] - to[0]) / (from.highest - from.lowest);
  return values.map((value) => to[0] + (value - from.lowest) * stretch);
}

function checkRatings(values: Float64Array, scale: Scale | undefined, what: string): void {
  const rated = values.filter((value) => !Number.isNaN(value));
  if (rated.length < fewestRated)
    throw new InputError(
      `${what}: ratings cover ${rated.length} of its seconds; at least ${fewestRated} expected`,
    );
  if (scale && rated.some((value) => value < scale[0] || value > scale[1]))
    throw new InputError(
      `${what}: ratings lie beyond the model's scale ${scale.join(' … ')}; in a CSV, columns lowest and highest tell the ends of theirs`,
    );
}

/** What was kept of a film, or is computed and kept now. */
async function keptSeconds(
  path: string,
  { analyzer, cache, signal, onProgress }: SecondsOptions,
): Promise<Pick<RatedFilmSeconds, 'seconds' | 'curve'>> {
  const { model } = analyzer;
  const names = [await contentHashOf(path, signal), model.description.contentHash, ...analyzer.streams];
  const name = createHash('sha256').update(names.join(' ')).digest('hex').slice(0, 32);
  const file = join(cache, `${name}.safetensors`);
  if (!existsSync(file)) {
    let found: FilmFeatures = { tracks: [], streams: [] };
    const { curve } = await analyzer.analyze(path, {
      ...(signal && { signal }),
      onProgress: (done) => onProgress?.(path, done),
      onFeatures: (features) => {
        found = features;
      },
    });
    const seconds = secondsOf(model, found, curve.length);
    const tensor = (data: Float32Array): Tensor => ({
      shape: [curve.length, data.length / curve.length],
      data,
    });
    const points = curve.flatMap((point) => dimensions.map((dimension) => point[dimension]));
    makeFolder(cache);
    await writeSafetensors(
      file,
      new Map([
        ['seconds', tensor(seconds)],
        ['curve', tensor(Float32Array.from(points))],
      ]),
    );
  }
  const kept = await readSafetensors(file);
  const [seconds, points] = [kept.get('seconds'), kept.get('curve')];
  if (!seconds || !points) throw new InputError(`${file} is damaged; delete it and it is computed again`);
  const [valence, arousal] = dimensions.map((_, d) =>
    Float64Array.from({ length: points.shape[0]! }, (_, time) => points.data[dimensions.length * time + d]!),
  );
  return { seconds: seconds.data.slice(), curve: { valence: valence!, arousal: arousal! } };
}
