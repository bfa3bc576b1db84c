import { type ClipFile, clipSource } from '../clips/index.ts';
import type { LabeledClip } from '../datasets/index.ts';
import { conformalMargins, type Prediction } from '../evaluation/index.ts';
import {
  distanceFrom,
  extractFeatures,
  featuresWithin,
  quantitiesWithin,
  Sessions,
  usualFeatures,
  watched,
} from '../features/index.ts';
import type { Known, Model } from '../models/index.ts';
import { readModel, writeModel } from '../models/node/index.ts';
import type { Runtime } from '../runtime/index.ts';

const confidence = 0.9;
/** Clips of the training set that are looked at for what it is like. */
const clipsLookedAt = 400;
/** Of each of them every so many moments, with the motion around it, is computed: neighbors resemble each other. */
const momentStep = 4;
/** What lies beyond the clips looked at by up to this share of their range is not unknown yet. */
const tolerance = 0.05;

export interface CalibrationOptions {
  readonly train: readonly { readonly clip: ClipFile }[];
  /** Clips of films that neither train, nor stop the training, nor test, and what the model says of them; may be none. */
  readonly apart: readonly LabeledClip[];
  readonly predictions: readonly Prediction[];
  readonly runtime: Runtime;
  readonly signal?: AbortSignal | undefined;
  readonly onProgress?: (done: number) => void;
}

/**
 * Writes into a model's folder what it knows of its own errors (intervals that hold `confidence` of the labels of new
 * films; none where too few films are apart) and of what it was trained on (beyond which it says that it does not know).
 */
export async function calibrate(folder: string, options: CalibrationOptions): Promise<void> {
  const { apart, predictions, signal } = options;
  const model = await readModel(folder);
  const isEnough = apart.length >= confidence / (1 - confidence) - 1e-9;
  const films = new Set(apart.map(({ film }) => film)).size;
  const margins = isEnough ? conformalMargins(apart, predictions, confidence) : undefined;
  const known = await knownOf(model, options);
  signal?.throwIfAborted();
  const { name, trained, synthetic, scale } = model.description;
  await writeModel(folder, {
    ...{ name, synthetic, scale },
    trained: trained || 'nothing',
    network: model.network,
    preprocessing: model.preprocessing,
    parameters: model.parameters,
    calibration: {
      known,
      ...(margins && {
        intervals: {
          confidence,
          method: `split conformal, from ${apart.length} clips of ${films} films that neither trained, stopped the training nor tested it`,
          margins: { valence: margins.valence, arousal: margins.arousal },
        },
      }),
    },
  });
}

async function knownOf(
  model: Model,
  { train, runtime, signal, onProgress }: CalibrationOptions,
): Promise<Known> {
  const sessions = new Sessions(model, runtime, 'one by one');
  const step = Math.max(1, train.length / clipsLookedAt);
  const chosen = train.filter((_, i) => Math.floor(i / step) !== Math.floor((i - 1) / step));
  const features: Map<string, Float32Array>[] = [];
  const quantities: Record<string, number>[] = [];
  try {
    for (const [i, { clip }] of chosen.entries()) {
      signal?.throwIfAborted();
      // a fusion over time sees moments next to each other
      const every = model.network.fusionConvolution === 'space-time' ? 1 : momentStep;
      const watching = watched(clipSource(clip, every));
      const found = await extractFeatures(watching.film, {
        ...{ model, sessions },
        streams: model.network.streams,
      });
      features.push(featuresWithin(found, 0, clip.duration));
      quantities.push(quantitiesWithin(watching.quantities(), 0, clip.duration));
      onProgress?.((i + 1) / chosen.length);
    }
  } finally {
    await sessions.close();
  }
  const usual = usualFeatures(features);
  const distances = features.map((clip) => distanceFrom(usual, clip) ?? 0);
  const names = new Set(quantities.flatMap((of) => Object.keys(of)));
  return {
    quantities: Object.fromEntries(
      [...names].map((name) => [name, rangeOf(quantities.flatMap((of) => of[name] ?? []))]),
    ),
    features: usual,
    farthest: (1 + tolerance) * Math.max(0, ...distances),
  };
}

/** From the least to the most, and a little beyond. */
function rangeOf(values: readonly number[]): [number, number] {
  const [least, most] = [Math.min(...values), Math.max(...values)];
  const beyond = tolerance * (most - least);
  return [least - beyond, most + beyond];
}
