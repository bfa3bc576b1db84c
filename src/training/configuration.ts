import { parseDocument, stringify } from 'yaml';
import { z } from 'zod';
import { InputError } from '../support/errors.ts';

const frozenOrTrained = z.enum(['frozen', 'trained']);

/** How a training run goes. `configurationHelp` says what each key means. */
export interface TrainingConfiguration {
  preset: 'paper' | 'compact';
  streams: ('flow' | 'picture' | 'sound')[];
  fusion: 'features' | 'decisions';
  soundLayer: 'conv7' | 'pool5';
  weights: { flow?: string | undefined; picture?: string | undefined; sound?: string | undefined };
  train: {
    flow: 'frozen' | 'trained';
    picture: 'frozen' | 'trained' | number;
    sound: 'frozen' | 'trained';
  };
  batchNorm: 'frozen' | 'batch';
  split: 'film-disjoint' | 'random';
  batchSize: number;
  clipsAtOnce?: number | undefined;
  recompute: boolean;
  segments: number;
  flowFields: number;
  flowViews: number;
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

/** Every key of a training run. Its description is what `affectline train --keys` and each run's config.yaml print. */
const schema = z.strictObject({
  preset: z.enum(['paper', 'compact']).default('paper').describe('sizes of the networks: paper or compact'),
  streams: z
    .array(z.enum(['flow', 'picture', 'sound']))
    .min(1)
    .default(['flow', 'picture', 'sound'])
    .describe('what the network sees and hears: any of flow, picture, sound'),
  fusion: z
    .enum(['features', 'decisions'])
    .default('features')
    .describe("streams join as features (the paper's way) or as decisions (what it argues against)"),
  soundLayer: z.enum(['conv7', 'pool5']).default('conv7').describe('which map of SoundNet is its feature'),
  weights: z
    .strictObject({
      flow: z.string().optional().describe('AlexNet weights (.safetensors, .pth); random when not given'),
      picture: z
        .string()
        .optional()
        .describe('DenseNet-121 weights (.safetensors, .pth); random when not given'),
      sound: z
        .string()
        .optional()
        .describe('SoundNet weights (.safetensors, .pth, .npy); random when not given'),
    })
    .prefault({})
    .describe('files the streams start from'),
  train: z
    .strictObject({
      flow: frozenOrTrained.default('frozen').describe('the five-layer ConvNet'),
      picture: z
        .union([frozenOrTrained, z.number().int().min(1).max(4)])
        .default('trained')
        .describe('DenseNet: frozen, trained, or the number of the first dense block that is trained'),
      sound: frozenOrTrained.default('frozen').describe('SoundNet'),
    })
    .prefault({})
    .describe('which streams are trained; the fusion and the regression always are'),
  batchNorm: z
    .enum(['frozen', 'batch'])
    .default('frozen')
    .describe('statistics of trained batch norms: frozen (fine-tuning) or of the batch (from scratch)'),
  split: z
    .enum(['film-disjoint', 'random'])
    .default('film-disjoint')
    .describe(
      "film-disjoint (the data set's own sets where it has them, else films drawn by the seed), or the paper's random clips, whose labels leak",
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
  evaluationSegments: z
    .number()
    .int()
    .min(1)
    .max(1000)
    .default(5)
    .describe('sampled frames of a clip that validation and test see'),
  flowViews: z
    .number()
    .int()
    .min(0)
    .max(100)
    .default(0)
    .describe(
      'looks at each clip whose features of a frozen flow stream are computed once; 0: new looks each time',
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
      backbone: z.number().positive().default(1e-4).describe('of the trained streams'),
      head: z.number().positive().default(1e-3).describe('of the fusion and the regression'),
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
  const parsed = schema.safeParse(keys ?? {});
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
  return parsed.data;
}

/** Reads a configuration file. @throws InputError naming the file and the line. */
export function parseConfiguration(yaml: string, source: string): TrainingConfiguration {
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
  return trainingConfiguration(keys, source);
}

/** The configuration as a file that `parseConfiguration` reads, each key with its description. */
export function configurationText(configuration: TrainingConfiguration): string {
  const descriptions = new Map(describedKeys(schema));
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
  return configurationText(schema.parse({}));
}

function* describedKeys(object: z.ZodObject, prefix = ''): Generator<[string, string]> {
  for (const [key, value] of Object.entries(object.shape)) {
    const type = value as z.ZodType;
    yield [prefix + key, type.description ?? ''];
    const inner = type instanceof z.ZodPrefault ? type.unwrap() : type;
    if (inner instanceof z.ZodObject) yield* describedKeys(inner, `${prefix}${key}.`);
  }
}
