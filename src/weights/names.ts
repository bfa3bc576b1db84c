import { InputError } from '../support/errors.ts';
import type { Tensor } from '../support/tensor.ts';
import { quoted } from './bytes.ts';
import { gather } from './strided.ts';

// Parameters of the whole model are called `flow.…` (AlexNet's names), `picture.…` (DenseNet's) and `sound.…` (those of
// SoundNet's PyTorch port). This file knows what the pretrained files call the same things.

/** Parameters under the model's names, and what became of those of the file. */
export interface NamedParameters {
  parameters: Map<string, Tensor>;
  /** From the file's name to ours, where they differ. */
  renamed: [from: string, to: string][];
  /** What the model has no use for: classifiers of the network's first task, counters of batches. */
  leftOut: string[];
}

interface Dialect {
  /** What the file holds, for messages. */
  title: string;
  /** A parameter that only files of this dialect have. */
  sign: string;
  /** The shape of that, where another dialect has one of this name. */
  shape?: readonly number[];
  /** Our name; undefined for what is left out. */
  rename: (name: string, tensor: Tensor) => string | undefined;
}

const dialects: readonly Dialect[] = [
  {
    title: 'DenseNet',
    sign: 'features.conv0.weight',
    rename: (name) => `picture.${modernDenseNetName(name)}`,
  },
  { title: 'AlexNet', sign: 'features.10.weight', rename: (name) => `flow.${name}` },
  { title: 'SoundNet, PyTorch port', sign: 'conv1.0.weight', rename: (name) => `sound.${name}` },
  { title: 'SoundNet, numpy', sign: 'conv1.weights', rename: (name) => soundNetName(name) },
  {
    title: 'MobileNet, TensorFlow Lite',
    sign: 'convolutions.0.weight',
    shape: [32, 3, 3, 3],
    rename: (name, { shape }) => (imageNetClasses.includes(shape[0]!) ? undefined : `picture.${name}`),
  },
  {
    title: 'YAMNet, TensorFlow Lite',
    sign: 'convolutions.0.weight',
    shape: [32, 1, 3, 3],
    rename: (name) => `sound.${name}`,
  },
];

/** ImageNet's classes, without and with a background: the last layer of MobileNets is a convolution too. */
const imageNetClasses = [1000, 1001];

/** What wraps a network puts before the names: DataParallel, Lightning, torch.compile, and what people call it. */
const wrappers = /^(?:(?:module|model|net|network|backbone|encoder|_orig_mod)\.)*/;

/** Names that the model itself uses begin with these. */
const ownName = /^(flow|picture|sound|fusion|regression|decision)\./;
const leftOver = /^(classifier|conv8(_2)?|linears)\.|(^|\.)num_batches_tracked$/;

/**
 * Gives the parameters of a pretrained file (DenseNet-121 and AlexNet of torchvision or timm, old and new names;
 * SoundNet-8 as numpy dictionary or PyTorch port; MobileNet and YAMNet of TensorFlow Lite) the names and shapes that
 * they have in the whole model. A prefix that all names of the network share is taken off; what lacks it is left out.
 *
 * @throws InputError when the names are of none of these.
 */
export function toModelNames(found: ReadonlyMap<string, Tensor>): NamedParameters {
  const dialect = dialectOf(found);
  const result: NamedParameters = { parameters: new Map(), renamed: [], leftOut: [] };
  for (const [name, tensor] of found) {
    const plain = dialect.plain(name);
    const isLeftOver = plain === undefined || leftOver.test(plain);
    const to = isLeftOver ? undefined : dialect.rename(plain, tensor);
    if (to === undefined) {
      result.leftOut.push(name);
      continue;
    }
    if (result.parameters.has(to)) throw new InputError(`two of its parameters mean ${quoted(to)}`);
    if (to !== name) result.renamed.push([name, to]);
    result.parameters.set(to, dialect.sign === 'conv1.weights' ? fromTensorFlow(tensor) : tensor);
  }
  return result;
}

/** How a file's names are to be read. `plain` takes off what stands before them, and is undefined for others' names. */
function dialectOf(
  found: ReadonlyMap<string, Tensor>,
): Pick<Dialect, 'rename'> & { sign?: string; plain: (name: string) => string | undefined } {
  const names = [...found.keys()];
  const unwrapped = (name: string) => name.replace(wrappers, '');
  if (names.some((name) => ownName.test(unwrapped(name))))
    return { rename: (name) => name, plain: unwrapped };
  for (const dialect of dialects) {
    const { sign, shape } = dialect;
    const prefixes = [...found].flatMap(([name, tensor]) => {
      const fits =
        (name === sign || name.endsWith(`.${sign}`)) && (!shape || `${shape}` === `${tensor.shape}`);
      return fits ? [name.slice(0, name.length - sign.length)] : [];
    });
    if (prefixes.length === 0) continue;
    const known = prefixes.filter((prefix) => unwrapped(prefix) === '');
    const [prefix, ...others] = known.length > 0 ? known : prefixes;
    if (others.length > 0)
      throw new InputError(
        `two of its parameters mean ${quoted(dialect.rename(sign, found.get(prefix! + sign)!)!)}`,
      );
    const plain = (name: string) => (name.startsWith(prefix!) ? name.slice(prefix!.length) : undefined);
    return { ...dialect, plain };
  }
  const some = names.slice(0, 3).map(quoted).join(', ');
  throw new InputError(
    `its parameters (${some}, …) are of no network that is known; known are: ${dialects.map(({ title }) => title).join('; ')}`,
  );
}

/** Files from before PyTorch 0.4 write `denselayer1.norm.1.weight` for `denselayer1.norm1.weight`. */
function modernDenseNetName(name: string): string {
  return name.replace(/(denselayer\d+\.(?:norm|conv))\.([12])\./, '$1$2.');
}

const soundNetParts: Readonly<Record<string, string>> = {
  weights: '0.weight',
  biases: '0.bias',
  gamma: '1.weight',
  beta: '1.bias',
  mean: '1.running_mean',
  var: '1.running_var',
};

/** `conv1.gamma` → `sound.conv1.1.weight`. */
function soundNetName(name: string): string | undefined {
  const [, layer, part] = /^(conv[1-7])\.(\w+)$/.exec(name) ?? [];
  return part !== undefined && Object.hasOwn(soundNetParts, part)
    ? `sound.${layer}.${soundNetParts[part]}`
    : undefined;
}

/** Weights [height, width, in, out] → [out, in, height, width]; others as they are. */
function fromTensorFlow(tensor: Tensor): Tensor {
  if (tensor.shape.length !== 4) return tensor;
  const [height, width, inputs, outputs] = tensor.shape as [number, number, number, number];
  const shape = [outputs, inputs, height, width];
  const strides = [1, outputs, width * inputs * outputs, inputs * outputs];
  return { shape, data: gather(tensor.data, { offset: 0, shape, strides }) };
}
