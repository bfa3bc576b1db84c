import { InputError } from '../support/errors.ts';
import { writeAtomically } from '../support/files.ts';
import { elementCount, type Tensor } from '../support/tensor.ts';
import { naming, quoted, withFile } from './bytes.ts';
import { type ElementType, elementBytes, toFloat16, toFloat32 } from './elements.ts';
import { findDuplicateKey } from './json.ts';

// The format (https://huggingface.co/docs/safetensors): the header's length in 8 bytes, the header as JSON
// `{"name": {"dtype": "F32", "shape": [2, 3], "data_offsets": [0, 24]}, …, "__metadata__": {"key": "text"}}`,
// then the numbers. Offsets count from the header's end; together they cover every byte exactly once.

/** A header longer than this is refused: room for some 80,000 parameters. */
const longestHeader = 8 * 2 ** 20;
const mostDimensions = 32;

const elementTypes: Readonly<Record<string, ElementType>> = {
  F64: 'float64',
  F32: 'float32',
  F16: 'float16',
  BF16: 'bfloat16',
  I64: 'int64',
  U64: 'uint64',
  I32: 'int32',
  U32: 'uint32',
  I16: 'int16',
  U16: 'uint16',
  I8: 'int8',
  U8: 'uint8',
  BOOL: 'bool',
};

interface Entry {
  name: string;
  type: ElementType;
  shape: number[];
  begin: number;
  end: number;
}

interface Header {
  entries: Entry[];
  metadata: Map<string, string>;
}

/**
 * The parameters of a safetensors file, as float32, in the file's order.
 *
 * They are views of one buffer wherever the file holds float32, so treat them as one: do not transfer a single one.
 *
 * @throws InputError when anything is not as the format says.
 */
export function readSafetensors(path: string): Promise<Map<string, Tensor>> {
  return withFile(path, async (size, read) => {
    const header = await readHeader(path, size, read);
    const { entries } = naming(path, () => parseHeader(header, size - 8 - header.length));
    const data = await read(8 + header.length, size - 8 - header.length);
    return tensorsOf(entries, data);
  });
}

/** The text pairs a safetensors file carries beside its parameters; reads the header only. */
export function readSafetensorsMetadata(path: string): Promise<Map<string, string>> {
  return withFile(path, async (size, read) => {
    const header = await readHeader(path, size, read);
    return naming(path, () => parseHeader(header, size - 8 - header.length).metadata);
  });
}

/** The same from bytes in memory. */
export function parseSafetensors(bytes: Uint8Array): {
  tensors: Map<string, Tensor>;
  metadata: Map<string, string>;
} {
  const end = 8 + headerLength(bytes.subarray(0, 8), bytes.length);
  const { entries, metadata } = parseHeader(bytes.subarray(8, end), bytes.length - end);
  return { tensors: tensorsOf(entries, bytes.subarray(end)), metadata };
}

/** How tensors are written. */
export interface SafetensorsOptions {
  /** How the numbers are stored; `float32` unless told. */
  precision?: 'float32' | 'float16';
  metadata?: Readonly<Record<string, string>>;
}

/**
 * Writes parameters to a safetensors file, atomically. The tensors must not change before the promise is settled.
 *
 * @throws InputError when a number is beyond float16 and `precision` is `float16`.
 */
export async function writeSafetensors(
  path: string,
  tensors: ReadonlyMap<string, Tensor>,
  options: SafetensorsOptions = {},
): Promise<void> {
  await writeAtomically(path, safetensorsParts(tensors, options));
}

function* safetensorsParts(
  tensors: ReadonlyMap<string, Tensor>,
  { precision = 'float32', metadata }: SafetensorsOptions,
): Iterable<Uint8Array> {
  const header: [string, unknown][] = metadata ? [['__metadata__', metadata]] : [];
  let offset = 0;
  for (const [name, { shape, data }] of tensors) {
    if (name === '__metadata__') throw new TypeError("a parameter cannot be named '__metadata__'");
    if (elementCount(shape) !== data.length) {
      throw new TypeError(
        `parameter '${name}' has ${data.length} numbers, its shape [${shape}] another count`,
      );
    }
    const end = offset + data.length * elementBytes[precision];
    header.push([
      name,
      { dtype: precision === 'float16' ? 'F16' : 'F32', shape, data_offsets: [offset, end] },
    ]);
    offset = end;
  }
  // Spaces after the JSON bring the numbers to a multiple of 8 bytes, so that readers need not copy them.
  const json = Buffer.from(JSON.stringify(Object.fromEntries(header)));
  const text = Buffer.alloc(Math.ceil(json.length / 8) * 8, ' ');
  json.copy(text);
  if (text.length > longestHeader)
    throw new TypeError(`${tensors.size} parameters are too many for one file`);
  const length = Buffer.alloc(8);
  length.writeBigUInt64LE(BigInt(text.length));
  yield length;
  yield text;
  for (const [name, { data }] of tensors) {
    const numbers = precision === 'float16' ? toFloat16(data, name) : data;
    yield new Uint8Array(numbers.buffer, numbers.byteOffset, numbers.byteLength);
  }
}

async function readHeader(
  path: string,
  size: number,
  read: (position: number, length: number) => Promise<Uint8Array>,
): Promise<Uint8Array> {
  const first = await read(0, Math.min(8, size));
  return read(
    8,
    naming(path, () => headerLength(first, size)),
  );
}

function headerLength(first: Uint8Array, size: number): number {
  if (first.length < 8) throw new InputError(`not a safetensors file: ${size} bytes are too few`);
  const length = Number(Buffer.from(first.buffer, first.byteOffset, 8).readBigUInt64LE());
  if (length > longestHeader || length > size - 8) {
    throw new InputError(
      `not a safetensors file: a header of ${length} bytes in a file of ${size}; at most ${longestHeader} are read`,
    );
  }
  return length;
}

function parseHeader(bytes: Uint8Array, dataLength: number): Header {
  let text: string;
  let json: unknown;
  try {
    text = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes);
    json = JSON.parse(text);
  } catch (error) {
    throw new InputError(`not a safetensors file: its header is not JSON (${(error as Error).message})`);
  }
  if (!isRecord(json) || text[0] !== '{') throw new InputError('the header is not a JSON object');
  const duplicate = findDuplicateKey(text);
  if (duplicate !== undefined) throw new InputError(`the header names ${quoted(duplicate)} twice`);
  const entries: Entry[] = [];
  let metadata = new Map<string, string>();
  for (const [name, value] of Object.entries(json)) {
    if (name === '__metadata__') metadata = parseMetadata(value);
    else entries.push(parseEntry(name, value, dataLength));
  }
  checkCoverage(entries, dataLength);
  return { entries, metadata };
}

function parseMetadata(value: unknown): Map<string, string> {
  const pairs = isRecord(value) ? Object.entries(value) : [];
  if (!isRecord(value) || !pairs.every((pair): pair is [string, string] => typeof pair[1] === 'string')) {
    throw new InputError("'__metadata__' is not an object of texts");
  }
  return new Map(pairs);
}

function parseEntry(name: string, value: unknown, dataLength: number): Entry {
  const wrong = (what: string) => new InputError(`parameter ${quoted(name)}: ${what}`);
  const fields = isRecord(value) ? Object.keys(value).sort().join() : '';
  if (!isRecord(value) || fields !== 'data_offsets,dtype,shape') {
    throw wrong('its entry is not {dtype, shape, data_offsets}');
  }
  const { dtype, shape, data_offsets: offsets } = value;
  if (typeof dtype !== 'string' || !Object.hasOwn(elementTypes, dtype)) {
    throw wrong(
      `unknown dtype ${quoted(String(JSON.stringify(dtype)))}; one of: ${Object.keys(elementTypes).join(', ')}`,
    );
  }
  const type = elementTypes[dtype]!;
  if (!isSizes(shape) || shape.length > mostDimensions) {
    throw wrong(`its shape is not a list of up to ${mostDimensions} sizes`);
  }
  if (!isSizes(offsets) || offsets.length !== 2) throw wrong('data_offsets are not two positions');
  const [begin, end] = offsets as [number, number];
  if (begin > end || end > dataLength) {
    throw wrong(`data_offsets ${begin} to ${end} are not within the ${dataLength} bytes of data`);
  }
  if (elementCount(shape) * elementBytes[type] !== end - begin) {
    throw wrong(
      `${dtype} of shape [${shape}] does not take the ${end - begin} bytes that its data_offsets give`,
    );
  }
  return { name, type, shape, begin, end };
}

/** The ranges in order of place have to follow one another without hole or overlap, from the first byte to the last. */
function checkCoverage(entries: readonly Entry[], dataLength: number): void {
  let position = 0;
  for (const { name, begin, end } of [...entries].sort((a, b) => a.begin - b.begin || a.end - b.end)) {
    if (begin !== position) {
      const what = begin < position ? 'overlaps the one before it' : 'leaves a hole before it';
      throw new InputError(`parameter ${quoted(name)}: its data at byte ${begin} ${what}`);
    }
    position = end;
  }
  if (position !== dataLength) {
    throw new InputError(`${dataLength - position} bytes after the last parameter belong to none`);
  }
}

function tensorsOf(entries: readonly Entry[], data: Uint8Array): Map<string, Tensor> {
  return new Map(
    entries.map(({ name, type, shape, begin, end }) => [
      name,
      { shape, data: toFloat32(data.subarray(begin, end), type) },
    ]),
  );
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function isSizes(value: unknown): value is number[] {
  return Array.isArray(value) && value.every((size) => Number.isSafeInteger(size) && size >= 0);
}
