import { InputError } from '../support/errors.ts';
import { elementCount, type Tensor } from '../support/tensor.ts';
import { Allowance, naming, quoted, readWhole } from './bytes.ts';
import { type ElementType, elementBytes, toFloat32 } from './elements.ts';
import { PickleGlobal, type PickleRules, unpickle } from './pickle.ts';
import { checkLayout, gather, type Layout } from './strided.ts';
import { ZipArchive } from './zip.ts';

// `torch.save` writes a pickle in which every tensor is a view (offset, sizes, strides) of a numbered storage, and the
// storages beside it: as entries of a zip archive (since PyTorch 1.6), or one after the other behind the pickle.

/**
 * The parameters of a PyTorch file (`.pth`, `.pt`) that holds a state dictionary, or a checkpoint with one under
 * `state_dict`, `model_state_dict`, `model` or the like. Nothing in the file is executed. Entries that are no tensors
 * are left out; every number type becomes float32. Tensors may be views of one buffer.
 *
 * @throws InputError when the file is damaged, or names anything but tensors, numbers, texts, collections and what
 *   training programs are known to keep beside them.
 */
export async function readTorch(path: string): Promise<Map<string, Tensor>> {
  const bytes = await readWhole(path);
  return naming(path, () => parseTorch(bytes));
}

/** The same from bytes in memory. */
export function parseTorch(bytes: Uint8Array): Map<string, Tensor> {
  const isZip = bytes[0] === 0x50 && bytes[1] === 0x4b;
  const allowance = new Allowance(bytes.length);
  return isZip ? parseZip(bytes, allowance) : parseLegacy(bytes, allowance);
}

/** A run of numbers that tensors are views of. */
interface Storage {
  key: string;
  type: ElementType;
  count: number;
}

/** A tensor as the pickle describes it, before the numbers are at hand. */
class TensorView {
  readonly storage: Storage;
  readonly layout: Layout;

  constructor(storage: Storage, layout: Layout) {
    this.storage = storage;
    this.layout = layout;
  }
}

/** A storage as a pickle refers to it; in files before PyTorch 1.0 it may be a part of another. */
class StorageView {
  readonly storage: Storage;
  readonly offset: number;

  constructor(storage: Storage, offset: number) {
    this.storage = storage;
    this.offset = offset;
  }
}

const storageTypes: Readonly<Record<string, ElementType>> = {
  DoubleStorage: 'float64',
  FloatStorage: 'float32',
  HalfStorage: 'float16',
  BFloat16Storage: 'bfloat16',
  LongStorage: 'int64',
  IntStorage: 'int32',
  ShortStorage: 'int16',
  CharStorage: 'int8',
  ByteStorage: 'uint8',
  BoolStorage: 'bool',
};

const callables: Readonly<Record<string, (args: unknown[]) => unknown>> = {
  'collections.OrderedDict': orderedDictionary,
  'torch._utils._rebuild_tensor_v2': rebuildTensor,
  'torch._utils._rebuild_tensor': rebuildTensor,
  'torch._utils._rebuild_parameter': ([tensor]) => tensor,
};

const globals: ReadonlyMap<string, PickleGlobal> = new Map([
  ...Object.entries(callables).map(([name, run]) => [name, new PickleGlobal(name, run)] as const),
  ...Object.keys(storageTypes).map((name) => [`torch.${name}`, new PickleGlobal(`torch.${name}`)] as const),
]);

/**
 * What training frameworks keep beside the weights (settings, counters, callbacks, times), by name: it is passed over.
 * Everything else that a pickle names is refused.
 */
const ignored = new RegExp(
  `^(?:${[
    'argparse\\.Namespace',
    'types\\.SimpleNamespace',
    'collections\\.(?:defaultdict|deque|Counter)',
    '_codecs\\.encode',
    'copy_?reg\\._reconstructor',
    '(?:builtins|__builtin__)\\.(?:object|dict|list|tuple|set|frozenset|int|long|float|complex|bool|str|unicode|bytes|bytearray|slice|range)',
    'datetime\\.(?:date|datetime|time|timedelta|timezone)',
    'decimal\\.Decimal',
    'fractions\\.Fraction',
    'uuid\\.UUID',
    'pathlib\\.(?:Pure)?(?:Posix|Windows)?Path',
    'typing\\.Any',
    'numpy\\.(?:dtype|ndarray|bool_?|u?int\\d*|float\\d*)',
    'numpy\\._?core\\.multiarray\\.(?:scalar|_reconstruct)',
    'torch\\.(?:device|Size|Generator|u?int\\d+|float\\d*|bfloat16|half|double|long|bool)',
    'torch\\.optim(?:\\.\\w+)+',
    'torch\\.torch_version\\.TorchVersion',
    '(?:pytorch_lightning|lightning|lightning_fabric|lightning_utilities|omegaconf|torchmetrics)(?:\\.\\w+)+',
  ].join('|')})$`,
);

/** Arguments: nothing, or a list of pairs. */
function orderedDictionary([pairs = []]: unknown[]): Map<unknown, unknown> {
  if (!Array.isArray(pairs) || !pairs.every((pair) => Array.isArray(pair) && pair.length === 2)) {
    throw new InputError('an OrderedDict is made of what are not pairs');
  }
  return new Map(pairs);
}

/** Arguments: storage, offset, sizes, strides; what follows (gradients, hooks) holds no numbers. */
function rebuildTensor([view, offset, shape, strides]: unknown[]): TensorView {
  if (!(view instanceof StorageView) || !Array.isArray(shape) || !Array.isArray(strides)) {
    throw new InputError('a tensor is made of what is not a storage with sizes and strides');
  }
  const layout = { offset: view.offset + Number(offset), shape, strides };
  checkLayout(layout, view.storage.count);
  return new TensorView(view.storage, layout);
}

/** Reads `data.pkl` and takes the storages from the entries `data/0`, `data/1`, … beside it. */
function parseZip(bytes: Uint8Array, allowance: Allowance): Map<string, Tensor> {
  const archive = new ZipArchive(bytes, allowance);
  const pickles = archive.names().filter((name) => name === 'data.pkl' || /^[^/]*\/data\.pkl$/.test(name));
  if (pickles.length !== 1) throw new InputError('not a PyTorch file: the zip archive has no data.pkl');
  const prefix = pickles[0]!.slice(0, -'data.pkl'.length);
  const byteOrder = archive.read(`${prefix}byteorder`);
  if (byteOrder && Buffer.from(byteOrder).toString() !== 'little') {
    throw new InputError('its numbers are big-endian; save it on a little-endian machine');
  }
  const { rules } = storageRules();
  const { value } = unpickle(archive.read(pickles[0]!)!, rules);
  return tensorsOf(stateDictionary(value), allowance, ({ key, type, count }) => {
    const content = archive.read(`${prefix}data/${key}`);
    if (!content) throw new InputError(`storage ${quoted(key)} is missing`);
    if (content.length !== count * elementBytes[type]) {
      throw new InputError(`storage ${quoted(key)} has ${content.length} bytes, not ${count} of ${type}`);
    }
    return content;
  });
}

const legacyMagic = 0x1950a86a20f9469cfc6cn;

/** Pickles of a magic number, the version, facts about the machine, the object, the storages' order; then these. */
function parseLegacy(bytes: Uint8Array, allowance: Allowance): Map<string, Tensor> {
  if (bytes[0] !== 0x80) throw new InputError('not a PyTorch file: neither a zip archive nor a pickle');
  const { rules, storages } = storageRules();
  const magic = unpickle(bytes, rules);
  if (magic.value !== legacyMagic) throw new InputError('not a PyTorch file: its magic number is missing');
  const version = unpickle(bytes, rules, magic.end);
  if (version.value !== 1001) throw new InputError('it has another version of the PyTorch format than 1001');
  const machine = unpickle(bytes, rules, version.end);
  if (machine.value instanceof Map && machine.value.get('little_endian') === false) {
    throw new InputError('its numbers are big-endian; save it on a little-endian machine');
  }
  const object = unpickle(bytes, rules, machine.end);
  const order = unpickle(bytes, rules, object.end);
  const contents = new Map<string, Uint8Array>();
  let position = order.end;
  for (const key of Array.isArray(order.value) ? order.value : []) {
    const storage = storages.get(key);
    if (!storage || contents.has(key)) throw new InputError('its list of storages is damaged');
    const start = position + 8; // after the count of numbers
    position = start + storage.count * elementBytes[storage.type];
    if (position > bytes.length) throw new InputError(`storage ${quoted(key)} ends after the file`);
    const count = Buffer.from(bytes.buffer, bytes.byteOffset + start - 8, 8).readBigInt64LE();
    if (count !== BigInt(storage.count))
      throw new InputError(`storage ${quoted(key)} has two different sizes`);
    contents.set(key, bytes.subarray(start, position));
  }
  return tensorsOf(stateDictionary(object.value), allowance, ({ key }) => {
    const content = contents.get(key);
    if (!content) throw new InputError(`storage ${quoted(key)} is missing`);
    return content;
  });
}

/** Rules for one file, and the storages its pickles refer to, by key. */
function storageRules(): { rules: PickleRules; storages: ReadonlyMap<string, Storage> } {
  const storages = new Map<string, Storage>();
  const persistent = (id: unknown): StorageView => {
    // ('storage', type, key, device, count[, part]), where part is (key, offset, count) of a part of the storage
    const [tag, global, key, , count, part] = Array.isArray(id) ? id : [];
    const type = global instanceof PickleGlobal ? storageTypes[global.name.replace('torch.', '')] : undefined;
    const isSize = (size: unknown): size is number => Number.isSafeInteger(size) && Number(size) >= 0;
    if (tag !== 'storage' || !type || typeof key !== 'string' || !isSize(count)) {
      throw new InputError('a persistent id that is not a storage');
    }
    const known = storages.get(key) ?? { key, type, count };
    if (known.type !== type || known.count !== count) {
      throw new InputError(`storage ${quoted(key)} is described in two ways`);
    }
    storages.set(key, known);
    const offset = Array.isArray(part) ? part[1] : 0;
    if (!isSize(offset)) throw new InputError(`a part of storage ${quoted(key)} has no place`);
    return new StorageView(known, offset);
  };
  return { rules: { globals, isIgnored: (name) => ignored.test(name), persistent }, storages };
}

/** Where training programs put the parameters in a checkpoint. */
const stateNames = ['state_dict', 'model_state_dict', 'model_state', 'model', 'module', 'net', 'network'];

function stateDictionary(value: unknown): Map<string, TensorView> {
  const root = value instanceof Map ? value : new Map();
  for (const candidate of [...stateNames.map((name) => root.get(name)), root]) {
    if (!(candidate instanceof Map)) continue;
    const tensors = [...candidate].filter(
      (entry): entry is [string, TensorView] =>
        typeof entry[0] === 'string' && entry[1] instanceof TensorView,
    );
    if (tensors.length > 0) return new Map(tensors);
  }
  throw new InputError('it holds no dictionary of tensors; save one with torch.save(model.state_dict(), …)');
}

function tensorsOf(
  views: ReadonlyMap<string, TensorView>,
  allowance: Allowance,
  contentOf: (storage: Storage) => Uint8Array,
): Map<string, Tensor> {
  const numbers = new Map<Storage, Float32Array>();
  const tensors = new Map<string, Tensor>();
  for (const [name, { storage, layout }] of views) {
    let source = numbers.get(storage);
    if (!source) {
      allowance.spend(storage.count * 4);
      source = toFloat32(contentOf(storage), storage.type);
      numbers.set(storage, source);
    }
    allowance.spend(elementCount(layout.shape) * 4);
    tensors.set(name, { shape: layout.shape, data: gather(source, layout) });
  }
  return tensors;
}
