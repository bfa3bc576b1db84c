import { basename, extname } from 'node:path';
import { InputError } from '../support/errors.ts';
import { elementCount, type Tensor } from '../support/tensor.ts';
import { Allowance, naming, quoted, readWhole } from './bytes.ts';
import { type ElementType, elementBytes, toFloat32 } from './elements.ts';
import { PickleGlobal, type PickleRules, type Stateful, unpickle } from './pickle.ts';
import { checkLayout, fortranStrides, gather } from './strided.ts';
import { ZipArchive } from './zip.ts';

// `.npy` (https://numpy.org/doc/stable/reference/generated/numpy.lib.format.html): a magic text, a Python dictionary
// that says type, order and shape, then the numbers; or, for an array of Python objects, a pickle.

const longestHeader = 2 ** 16;
const mostLevels = 4;

/**
 * The arrays of a numpy file. A `.npy` array has its file's name; arrays in a pickled dictionary of dictionaries (as in
 * SoundNet's `sound8.npy`) have their keys joined by dots: `conv1.weights`; those of an `.npz` their names in it.
 * Nothing in the file is executed; every number type becomes float32.
 *
 * @throws InputError when the file is damaged or holds anything beyond arrays, numbers, texts and dictionaries.
 */
export async function readNumpy(path: string): Promise<Map<string, Tensor>> {
  const bytes = await readWhole(path);
  return naming(path, () => parseNumpy(bytes, basename(path, extname(path))));
}

/** The same from bytes in memory; `name` is for an array without one. */
export function parseNumpy(bytes: Uint8Array, name: string): Map<string, Tensor> {
  const allowance = new Allowance(bytes.length);
  const isZip = bytes[0] === 0x50 && bytes[1] === 0x4b;
  if (!isZip) return parseNpy(bytes, name, allowance);
  const archive = new ZipArchive(bytes, allowance);
  return new Map(
    archive
      .names()
      .flatMap((entry) => [...parseNpy(archive.read(entry)!, entry.replace(/\.npy$/, ''), allowance)]),
  );
}

function parseNpy(bytes: Uint8Array, name: string, allowance: Allowance): Map<string, Tensor> {
  const { descriptor, fortran, shape, start } = parseHeader(bytes);
  allowance.spend(start);
  const content = bytes.subarray(start);
  if (!descriptor.startsWith('|O')) {
    return new Map([[name, tensorOf(parseType(descriptor), shape, fortran, content, allowance)]]);
  }
  const { value } = unpickle(content, rules);
  const tensors = new Map<string, Tensor>();
  collect(value, '', 0, tensors, allowance);
  if (tensors.size === 0) throw new InputError('it holds no arrays of numbers');
  return tensors;
}

interface NpyHeader {
  descriptor: string;
  fortran: boolean;
  shape: number[];
  /** Where the content begins. */
  start: number;
}

function parseHeader(bytes: Uint8Array): NpyHeader {
  const buffer = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  if (buffer.length < 12 || buffer.toString('latin1', 0, 6) !== '\x93NUMPY') {
    throw new InputError("not a numpy file: it does not begin with '\\x93NUMPY'");
  }
  const isFirstVersion = buffer[6] === 1; // has two bytes for the header's length, later versions four
  const start = isFirstVersion ? 10 : 12;
  const length = isFirstVersion ? buffer.readUInt16LE(8) : buffer.readUInt32LE(8);
  if (length > longestHeader || start + length > buffer.length) {
    throw new InputError(`its header of ${length} bytes is longer than the file or ${longestHeader}`);
  }
  const header = buffer.toString('latin1', start, start + length);
  const match =
    /^\{'descr': '([^']{1,20})', 'fortran_order': (True|False), 'shape': \(((?:\d{1,16}L?, ?){0,32}(?:\d{1,16}L?)?)\), ?\}\s*$/.exec(
      header,
    );
  if (!match) throw new InputError(`its header ${quoted(header.trim())} does not describe a plain array`);
  const shape = (match[3]!.match(/\d+/g) ?? []).map(Number);
  return { descriptor: match[1]!, fortran: match[2] === 'True', shape, start: start + length };
}

/** The type of the elements of an array. */
interface NumberType {
  type: ElementType;
  bigEndian: boolean;
}

const elementTypes: Readonly<Record<string, ElementType>> = {
  f2: 'float16',
  f4: 'float32',
  f8: 'float64',
  i1: 'int8',
  i2: 'int16',
  i4: 'int32',
  i8: 'int64',
  u1: 'uint8',
  u2: 'uint16',
  u4: 'uint32',
  u8: 'uint64',
  b1: 'bool',
};

/** '<f4' and the like: byte order, kind, bytes. */
function parseType(descriptor: string): NumberType {
  const code = descriptor.replace(/^[<>|=]/, '');
  if (!Object.hasOwn(elementTypes, code)) {
    throw new InputError(
      `unknown number type ${quoted(descriptor)}; one of: ${Object.keys(elementTypes).join(', ')}`,
    );
  }
  return { type: elementTypes[code]!, bigEndian: descriptor[0] === '>' };
}

function tensorOf(
  { type, bigEndian }: NumberType,
  shape: readonly number[],
  fortran: boolean,
  content: Uint8Array,
  allowance: Allowance,
): Tensor {
  const size = elementBytes[type];
  const rowMajor = shape.map((_, axis) => elementCount(shape.slice(axis + 1)));
  const layout = { offset: 0, shape, strides: fortran ? fortranStrides(shape) : rowMajor };
  checkLayout(layout, content.length / size);
  if (elementCount(shape) * size !== content.length) {
    throw new InputError(`an array of shape [${shape}] of ${type} does not take ${content.length} bytes`);
  }
  allowance.spend(content.length * 2 + elementCount(shape) * 8);
  const bytes = bigEndian && size > 1 ? swapped(content, size) : content;
  return { shape, data: gather(toFloat32(bytes, type), layout) };
}

/** The bytes of every number in the opposite order. */
function swapped(bytes: Uint8Array, size: number): Uint8Array {
  const copy = Buffer.from(bytes);
  if (size === 2) return copy.swap16();
  return size === 4 ? copy.swap32() : copy.swap64();
}

/** A number type while the pickle is read: made with a code, completed with a byte order. */
class NumpyType implements Stateful {
  readonly code: string;
  private order = '|';

  constructor(code: unknown) {
    if (typeof code !== 'string') throw new InputError('a numpy.dtype is made of something other than text');
    this.code = code;
  }

  /** State: (version, byte order, …). */
  setState(state: unknown): void {
    const order = Array.isArray(state) ? state[1] : undefined;
    if (typeof order !== 'string') throw new InputError('a numpy.dtype has no byte order');
    this.order = order;
  }

  descriptor(): string {
    return this.order + this.code;
  }
}

/** An array while the pickle is read: empty at first, then given its state. */
class NumpyArray implements Stateful {
  shape: number[] = [];
  type: NumpyType | undefined;
  fortran = false;
  content: unknown;

  /** State: (version, shape, type, Fortran order, bytes or list of objects). */
  setState(state: unknown): void {
    const [, shape, type, fortran, content] = Array.isArray(state) ? state : [];
    if (!Array.isArray(shape) || !(type instanceof NumpyType)) {
      throw new InputError('a numpy.ndarray has no shape or type');
    }
    this.shape = shape;
    this.type = type;
    this.fortran = fortran === true || fortran === 1;
    this.content = content;
  }
}

const rules: PickleRules = {
  globals: new Map<string, PickleGlobal>(
    Object.entries({
      'numpy.core.multiarray._reconstruct': () => new NumpyArray(),
      'numpy._core.multiarray._reconstruct': () => new NumpyArray(),
      'numpy.ndarray': undefined,
      'numpy.dtype': ([code]: unknown[]) => new NumpyType(code),
      '_codecs.encode': latin1Bytes, // how Python 3 writes bytes in protocol 2
    }).map(([name, call]) => [name, new PickleGlobal(name, call)]),
  ),
};

function latin1Bytes([text, encoding]: unknown[]): Uint8Array {
  if (typeof text !== 'string' || encoding !== 'latin1') {
    throw new InputError('refuses _codecs.encode of anything but latin1 text');
  }
  return Buffer.from(text, 'latin1');
}

/** Puts every array of numbers in `value` into `tensors`, under the keys that lead to it. */
function collect(
  value: unknown,
  name: string,
  level: number,
  tensors: Map<string, Tensor>,
  allowance: Allowance,
): void {
  if (level > mostLevels) throw new InputError(`it nests dictionaries more than ${mostLevels} deep`);
  if (value instanceof Map) {
    for (const [key, item] of value) {
      if (typeof key !== 'string') continue;
      allowance.spend(64 + 2 * key.length); // a dictionary may occur in itself or in many others
      collect(item, name === '' ? key : `${name}.${key}`, level + 1, tensors, allowance);
    }
  } else if (value instanceof NumpyArray && value.type) {
    const { type, shape, fortran, content } = value;
    if (Array.isArray(content)) {
      if (content.length === 1) collect(content[0], name, level + 1, tensors, allowance);
      return;
    }
    // Python 2 wrote the bytes as a string, which is taken as Latin-1.
    const bytes = typeof content === 'string' ? Buffer.from(content, 'latin1') : content;
    if (!(bytes instanceof Uint8Array)) throw new InputError(`array ${quoted(name)} has no numbers`);
    if (tensors.has(name)) throw new InputError(`it holds ${quoted(name)} twice`);
    tensors.set(name, tensorOf(parseType(type.descriptor()), shape, fortran, bytes, allowance));
  }
}
