import { z } from 'zod';
import { reachOf, type TemporalHead } from '../networks/index.ts';
import { type Preprocessing, preprocessingSchema, presetNames } from '../streams/index.ts';
import { InputError } from '../support/errors.ts';

/** Rises when a key of `model.json` changes its meaning, or one that earlier versions cannot do without is added. */
export const modelSchema = 2;

const range = z.tuple([z.number(), z.number()]);
const numbers = z.array(z.number()).max(10_000);

/** What a model knows about its own errors, and about what it was trained on. */
export interface Calibration {
  /** Half widths of prediction intervals, from films that it neither learned from nor was stopped by. */
  readonly intervals?:
    | { confidence: number; method: string; margins: { valence: number; arousal: number } }
    | undefined;
  readonly known?: Known | undefined;
}

/** What its training set was like: beyond it, nothing is known. */
export interface Known {
  /** Lowest and highest of what clips look and sound like, by the name of the quantity. */
  readonly quantities: Record<string, [number, number]>;
  /** What its features are like, by the name of their track. */
  readonly features: Record<string, { mean: number[]; deviation: number[] }>;
  /** The largest distance of a clip from these, in standard deviations. */
  readonly farthest: number;
}

/** That networks may be computed in bytes: their ranges stand among the weights. */
export interface InBytes {
  /** From how many films, and of how many seconds together, ranges were taken. */
  readonly films: number;
  readonly seconds: number;
  /** By how much answers changed, on the scale of the labels; none where it was not measured. */
  readonly change?:
    | {
        /** Of how many films, and whether these are others than those that ranges were taken from. */
        readonly films: number;
        readonly apart: boolean;
        readonly valence: Change;
        readonly arousal: Change;
      }
    | undefined;
}

/** Of the answers for whole films, and the most of all points of their curves. */
export interface Change {
  readonly mean: number;
  readonly most: number;
  readonly mostOfCurve: number;
}

const change = z.strictObject({
  mean: z.number().nonnegative(),
  most: z.number().nonnegative(),
  mostOfCurve: z.number().nonnegative(),
});
const count = z.number().int().nonnegative();
const inBytesSchema: z.ZodType<InBytes> = z.strictObject({
  films: count,
  seconds: z.number().nonnegative(),
  change: z.strictObject({ films: count, apart: z.boolean(), valence: change, arousal: change }).optional(),
});

const calibrationSchema: z.ZodType<Calibration> = z.strictObject({
  intervals: z
    .strictObject({
      confidence: z.number().gt(0).lt(1),
      method: z.string().max(1000),
      margins: z.strictObject({ valence: z.number().nonnegative(), arousal: z.number().nonnegative() }),
    })
    .optional(),
  known: z
    .strictObject({
      quantities: z.record(z.string().max(100), range),
      features: z.record(
        z.string().max(100),
        z.strictObject({ mean: numbers, deviation: z.array(z.number().positive()).max(10_000) }),
      ),
      farthest: z.number().nonnegative(),
    })
    .optional(),
});

/** Seconds; a head that is told to look farther is no head of ours. */
const farthestReach = 600;

const headSchema = z
  .strictObject({
    kind: z.literal('temporal'),
    channels: z.int().min(1).max(256),
    dilations: z.array(z.int().positive().max(farthestReach)).min(1).max(16),
    causal: z.boolean(),
  })
  .refine(
    (head) => reachOf(head).before <= farthestReach,
    `dilations that reach no farther than ${farthestReach} s expected`,
  );

const schema = z.strictObject({
  schema: z.literal(modelSchema),
  name: z.string().min(1).max(200),
  /** On what, in a sentence: shown with everything it predicts. */
  trained: z.string().min(1).max(1000),
  synthetic: z.boolean(),
  /** Of the labels. */
  scale: range.refine(([lowest, highest]) => lowest < highest, 'the lower end comes first'),
  network: z.strictObject({
    preset: z.enum(presetNames as ['paper', 'compact']),
    streams: z.array(z.string().max(100)).min(1).max(100),
    fusion: z.enum(['features', 'decisions']),
    /** Over space where it is not named, as before there was a choice. */
    fusionConvolution: z.enum(['space', 'space-time']).optional(),
    soundLayer: z.enum(['conv7', 'pool5']),
    backbone: z.record(z.string().max(100), z.string().max(100)),
  }),
  head: headSchema.optional(),
  preprocessing: preprocessingSchema,
  calibration: calibrationSchema.optional(),
  inBytes: inBytesSchema.optional(),
  weights: z.strictObject({
    file: z.literal('model.safetensors'),
    contentHash: z.string().regex(/^sha256:[0-9a-f]{64}$/),
  }),
});

/** `model.json`: what a trained model is. */
export interface ModelFile {
  readonly schema: typeof modelSchema;
  readonly name: string;
  readonly trained: string;
  readonly synthetic: boolean;
  readonly scale: readonly [number, number];
  readonly network: {
    readonly preset: 'paper' | 'compact';
    readonly streams: readonly string[];
    readonly fusion: 'features' | 'decisions';
    readonly fusionConvolution?: 'space' | 'space-time' | undefined;
    readonly soundLayer: 'conv7' | 'pool5';
    readonly backbone: Readonly<Record<string, string>>;
  };
  /** A head over time in place of the mean-linear one, which it takes answers of; absent: that one alone. */
  readonly head?: ({ readonly kind: 'temporal' } & TemporalHead) | undefined;
  readonly preprocessing: Preprocessing;
  readonly calibration?: Calibration | undefined;
  readonly inBytes?: InBytes | undefined;
  readonly weights: { readonly file: 'model.safetensors'; readonly contentHash: string };
}

/**
 * Reads the text of a `model.json`.
 *
 * @param source names the file in errors.
 * @throws InputError naming the key that is wrong; of preprocessing, that this version cannot do it.
 */
export function parseModelFile(text: string, source: string): ModelFile {
  const json = parsed(text, source);
  const version = (json as { schema?: unknown } | null)?.schema;
  if (version !== modelSchema)
    throw unusable(
      `${source}: schema ${version === undefined ? 'is missing' : JSON.stringify(version)}; this version reads ${modelSchema}: ` +
        'train the model again, or use the version that wrote it',
    );
  const { data, error } = schema.safeParse(json);
  if (data) return data;
  const [{ path, message }] = error.issues as [z.core.$ZodIssue];
  const reason =
    path[0] === 'preprocessing' ? ' (this version cannot prepare films as this model needs them)' : '';
  throw unusable(`${source}: ${[path.join('.'), message].filter(Boolean).join(': ')}${reason}`);
}

/** A description as it stands in `model.json`. */
export function modelFileText(file: ModelFile): string {
  return `${JSON.stringify(file, null, 2)}\n`;
}

/** `model_type` of a `config.json` in the layout of Hugging Face. */
export const modelType = 'affectline';

/** `config.json` in the layout of Hugging Face: the description under a key of its own, beside keys of other programs. */
export function configText(file: ModelFile): string {
  return `${JSON.stringify({ model_type: modelType, affectline: file }, null, 2)}\n`;
}

/**
 * The text of the `model.json` that such a `config.json` holds.
 *
 * @throws InputError when it is of another kind of model.
 */
export function modelFileOfConfig(text: string, source: string): string {
  const config = parsed(text, source) as { model_type?: unknown; affectline?: unknown } | null;
  if (config?.model_type !== modelType || typeof config.affectline !== 'object')
    throw unusable(
      `${source}: model_type is ${JSON.stringify(config?.model_type) ?? 'missing'}, not "${modelType}": a model of another program`,
    );
  return modelFileText(config.affectline as ModelFile);
}

function parsed(text: string, source: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    throw unusable(`${source}: is not JSON`);
  }
}

function unusable(message: string): InputError {
  return new InputError(message, 'unusable-model');
}
