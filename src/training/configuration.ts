import { parseDocument, stringify } from 'yaml';
import { z } from 'zod';
import { isFolds, type SplitName, splitNames } from '../datasets/index.ts';
import {
  type Preprocessing,
  type Preset,
  type Stream,
  standardStreams,
  streamNamed,
  streamNames,
  streamsNamed,
} from '../streams/index.ts';
import { InputError } from '../support/errors.ts';
import type { TrainedPart } from './trained-parts.ts';

/** How a training run goes. `configurationHelp` says what each key means. */
export interface TrainingConfiguration {
  preset: Preset;
  streams: string[];
  fusion: 'features' | 'decisions';
  fusionConvolution: 'space' | 'space-time';
  sampling: Preprocessing['sampling'];
  soundLayer: 'conv7' | 'pool5';
  /** By stream. */
  backbone: Record<string, string>;
  weights: Record<string, string>;
  train: Record<string, TrainedPart>;
  addsTo?: string | undefined;
  batchNorm: 'frozen' | 'batch';
  split: SplitName;
  batchSize: number;
  clipsAtOnce?: number | undefined;
  recompute: boolean;
  segments: number;
  flowFields: number;
  flowViews: number;
  evaluation: 'all' | 'segments';
  evaluationSegments: number;
  soundSeconds: number;
  epochs: number;
  patience: number;
  optimizer: 'adam' | 'adamw' | 'sgd';
  learningRate: { backbone: number; head: number };
  weightDecay: number;
  warmupEpochs: number;
  gradientLimit: number;
  seed: number;
}

/** A key for each stream that is known when it is called. */
function perStream<Of extends z.ZodType>(of: (name: string, stream: Stream) => Of): z.ZodObject {
  return z.strictObject(Object.fromEntries(streamNames().map((name) => [name, of(name, streamNamed(name))])));
}

const backbonesOf = ({ backbones }: Stream) => Object.keys(backbones) as [string, ...string[]];

/** What can be trained of a stream: where a backbone has stages, what begins with one of them. */
function trainedPart({ trained, backbones }: Stream) {
  const stages = Math.max(0, ...Object.values(backbones).map((backbone) => backbone.stages?.count ?? 0));
  const all = z.enum(['frozen', 'trained']);
  const part = stages > 0 ? z.union([all, z.number().int().min(1).max(stages)]) : all;
  return part.default(trained ? 'trained' : 'frozen');
}

function named(names: readonly string[], context: z.RefinementCtx): string[] {
  try {
    return streamsNamed(names);
  } catch (error) {
    context.addIssue({ code: 'custom', message: (error as Error).message });
    return [];
  }
}

/** Every key of a training run. Its description is what `affectline train --keys` and each run's config.yaml print. */
const schema = () =>
  z.strictObject({
    preset: z.enum(['paper', 'compact']).default('paper').describe('sizes of the networks: paper or compact'),
    streams: z
      .array(z.string())
      .transform(named)
      .prefault([...standardStreams])
      .describe(`what the network sees and hears: any of ${streamNames().join(', ')}`),
    fusion: z
      .enum(['features', 'decisions'])
      .default('features')
      .describe("streams join as features (the paper's way) or as decisions (what it argues against)"),
    fusionConvolution: z
      .enum(['space', 'space-time'])
      .default('space')
      .describe(
        "the fusion's convolution runs over the places of a moment, or also over the moments before and after it; a step then sees moments in a row",
      ),
    sampling: z
      .enum(['clock', 'frames'])
      .default('clock')
      .describe(
        "by time (a frame each 0.4 s, flow over 0.04 s), or every tenth frame and every frame (the paper's words)",
      ),
    soundLayer: z.enum(['conv7', 'pool5']).default('conv7').describe('which map of SoundNet is its feature'),
    backbone: perStream((name, stream) =>
      z
        .enum(backbonesOf(stream))
        .optional()
        .describe(`network of the ${name} stream: ${backbonesOf(stream).join(' or ')}`),
    )
      .prefault({})
      .describe('networks of the streams; the first of each unless named'),
    weights: perStream((name, { backbones }) =>
      z
        .string()
        .optional()
        .describe(
          `weights of the ${name} stream (${Object.values(backbones)[0]!.about}); random when not given`,
        ),
    )
      .prefault({})
      .describe('files the streams start from (.safetensors, .pth, .npy)'),
    train: perStream((name, stream) => {
      const stages = Object.values(stream.backbones).some((backbone) => backbone.stages);
      const or = stages ? ', or the number of the first stage that is trained' : '';
      return trainedPart(stream).describe(`the ${name} stream: frozen, trained${or}`);
    })
      .prefault({})
      .describe('which streams are trained; the fusion and the regression always are, but with addsTo'),
    addsTo: z
      .string()
      .min(1)
      .optional()
      .describe(
        'a trained model without some of the streams, which stays as it is: only what these add to its answer is learned',
      ),
    batchNorm: z
      .enum(['frozen', 'batch'])
      .default('frozen')
      .describe('statistics of trained batch norms: frozen (fine-tuning) or of the batch (from scratch)'),
    split: z
      .union([z.enum(splitNames), z.string().refine(isFolds)], {
        error: `one of ${splitNames.join(', ')}, folds:K expected`,
      })
      .default('film-disjoint')
      .describe(
        "film-disjoint (the data set's own sets where it has them, else films drawn by the seed); official; 64-16-80 (the official test, other films drawn); random clips, whose labels leak; the paper's own: random, and tested on the clips that stop the training; mediaeval-2016 (learn from all, test on those); folds:K (reproduce: every film tested once)",
      ),
    batchSize: z.number().int().min(1).max(4096).default(16).describe('clips a step of the optimizer sees'),
    clipsAtOnce: z
      .number()
      .int()
      .min(1)
      .max(4096)
      .optional()
      .describe(
        'clips a run of the network sees, when memory is short; divides batchSize; batchSize when not given',
      ),
    recompute: z
      .boolean()
      .default(false)
      .describe(
        'batch norms and concatenations of DenseNet are computed again for the gradients, not kept: half the memory, 3 to 11% more time',
      ),
    segments: z.number().int().min(1).max(100).default(3).describe('sampled frames of a clip a step sees'),
    flowFields: z
      .number()
      .int()
      .min(1)
      .max(10)
      .default(10)
      .describe('flow fields of a sampled frame a step sees'),
    evaluation: z
      .enum(['all', 'segments'])
      .default('all')
      .describe(
        'what the trained model is measured on: all that is sampled of a clip, as analyze computes it, or the segments that stop the training',
      ),
    evaluationSegments: z
      .number()
      .int()
      .min(1)
      .max(1000)
      .default(5)
      .describe('sampled frames of a clip that are seen after each epoch, to stop the training'),
    flowViews: z
      .number()
      .int()
      .min(0)
      .max(100)
      .default(0)
      .describe(
        'random excerpts of each clip whose features of frozen streams that see are computed once; 0: new ones each time',
      ),
    soundSeconds: z.number().min(1).max(60).default(10).describe('seconds of the waveform a step hears'),
    epochs: z.number().int().min(1).max(100_000).default(30).describe('times every clip is seen, at most'),
    patience: z
      .number()
      .int()
      .min(1)
      .default(8)
      .describe('epochs without a better validation error after which training stops'),
    optimizer: z
      .enum(['adam', 'adamw', 'sgd'])
      .default('adam')
      .describe('adam (the paper), adamw, or sgd with momentum'),
    learningRate: z
      .strictObject({
        backbone: z
          .number()
          .positive()
          .default(1e-4)
          .describe('of the trained streams that have pretrained files'),
        head: z
          .number()
          .positive()
          .default(1e-3)
          .describe('of the fusion, the regression and the other streams'),
      })
      .prefault({})
      .describe('peak learning rates'),
    weightDecay: z
      .number()
      .nonnegative()
      .default(0)
      .describe('of weights; biases and batch norms are never decayed'),
    warmupEpochs: z
      .number()
      .nonnegative()
      .default(1)
      .describe('epochs over which the rate rises; then it falls along a cosine'),
    gradientLimit: z
      .number()
      .positive()
      .default(5)
      .describe('largest norm of the whole gradient; longer ones are scaled down'),
    seed: z.number().int().default(1).describe('of weights, split, order, crops'),
  });

/**
 * Fills in what is not given.
 *
 * @param source names the file in errors.
 * @throws InputError that lists every unknown key and every value out of its range.
 */
export function trainingConfiguration(keys: unknown, source: string): TrainingConfiguration {
  const parsed = schema().safeParse(keys ?? {});
  if (!parsed.success) {
    const problems = parsed.error.issues.map((issue) =>
      issue.code === 'unrecognized_keys'
        ? `unknown ${issue.keys.map((key) => [...issue.path, key].join('.')).join(', ')}`
        : `${issue.path.join('.')}: ${issue.message}`,
    );
    throw new InputError(`${source}: ${problems.join('; ')}; see: affectline train --keys`);
  }
  const { batchSize, clipsAtOnce = batchSize } = parsed.data;
  if (batchSize % clipsAtOnce !== 0)
    throw new InputError(`${source}: batchSize ${batchSize} is not a multiple of clipsAtOnce ${clipsAtOnce}`);
  return parsed.data as TrainingConfiguration;
}

/** Reads a configuration file. @throws InputError naming the file and the line. */
export function parseConfiguration(yaml: string, source: string): TrainingConfiguration {
  return trainingConfiguration(configurationKeys(yaml, source), source);
}

/** The keys that a configuration file gives, not yet looked at. @throws InputError naming the file and the line. */
export function configurationKeys(yaml: string, source: string): Record<string, unknown> {
  const document = parseDocument(yaml, { uniqueKeys: true });
  const [problem] = document.errors;
  if (problem) throw new InputError(`${source}: ${problem.message.split('\n')[0]}`);
  // aliases are refused: a few lines of them can stand for gigabytes
  let keys: unknown;
  try {
    keys = document.toJS({ maxAliasCount: 0 });
  } catch (error) {
    throw new InputError(
      `${source}: ${(error as Error).message}; write values out in place of aliases (*name)`,
    );
  }
  // what is no list of keys is told as such by the schema
  return typeof keys === 'object' && keys !== null
    ? (keys as Record<string, unknown>)
    : keys
      ? { [String(keys)]: keys }
      : {};
}

/** The configuration as a file that `parseConfiguration` reads, each key with its description. */
export function configurationText(configuration: TrainingConfiguration): string {
  const descriptions = new Map(describedKeys(schema()));
  const lines = stringify(configuration).trimEnd().split('\n');
  const path: string[] = [];
  return `${lines
    .map((line) => {
      const [, indent = '', key] = /^( *)([a-zA-Z]+):/.exec(line) ?? [];
      if (!key) return line;
      path.splice(indent.length / 2, Number.POSITIVE_INFINITY, key);
      return `${line}  # ${descriptions.get(path.join('.'))}`;
    })
    .join('\n')}\n`;
}

/** Every key with its default and what it means, one a line. */
export function configurationHelp(): string {
  return configurationText(schema().parse({}) as TrainingConfiguration);
}

function* describedKeys(object: z.ZodObject, prefix = ''): Generator<[string, string]> {
  for (const [key, value] of Object.entries(object.shape)) {
    const type = value as z.ZodType;
    yield [prefix + key, type.description ?? ''];
    const inner = type instanceof z.ZodPrefault ? type.unwrap() : type;
    if (inner instanceof z.ZodObject) yield* describedKeys(inner, `${prefix}${key}.`);
  }
}
