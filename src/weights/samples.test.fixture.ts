// Small weight files put together by hand, opcode by opcode, for tests that need no Python: valid ones to mutate, and
// malicious ones that no honest program writes.

/** One pickle opcode with its argument; numbers are single bytes, texts Latin-1. */
export type Piece = number | string | Uint8Array;

export function bytesOf(...pieces: Piece[]): Buffer {
  return Buffer.concat(
    pieces.map((piece) =>
      typeof piece === 'number'
        ? Buffer.from([piece])
        : typeof piece === 'string'
          ? Buffer.from(piece, 'latin1')
          : Buffer.from(piece),
    ),
  );
}

export function uint32(value: number): Buffer {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32LE(value);
  return bytes;
}

export function uint64(value: bigint): Buffer {
  const bytes = Buffer.alloc(8);
  bytes.writeBigUInt64LE(value);
  return bytes;
}

/** Opcodes that push or build something. */
export const text = (value: string): Buffer =>
  bytesOf('X', uint32(Buffer.byteLength(value)), Buffer.from(value));
export const integer = (value: number): Buffer => bytesOf('J', uint32(value));
export const global = (module: string, name: string): Buffer => bytesOf('c', `${module}\n${name}\n`);
export const tuple = (...items: Piece[]): Buffer => bytesOf('(', ...items, 't');
export const reduce = (callee: Piece, args: Piece): Buffer => bytesOf(callee, args, 'R');
export const dictionary = (...items: Piece[]): Buffer => bytesOf('}', '(', ...items, 'u');
export const pickle = (...body: Piece[]): Buffer => bytesOf(0x80, 2, ...body, '.');

/** A tensor of a float storage, as torch.save describes it. */
export function tensor(key: string, count: number, shape: number[], strides: number[], offset = 0): Buffer {
  const storage = tuple(
    text('storage'),
    global('torch', 'FloatStorage'),
    text(key),
    text('cpu'),
    integer(count),
  );
  return reduce(
    global('torch._utils', '_rebuild_tensor_v2'),
    tuple(
      bytesOf(storage, 'Q'),
      integer(offset),
      tuple(...shape.map(integer)),
      tuple(...strides.map(integer)),
      0x89, // NEWFALSE
      reduce(global('collections', 'OrderedDict'), ')'),
    ),
  );
}

const numbers = (count: number): Buffer => Buffer.from(new Float32Array(count).map((_, i) => i / 7).buffer);

/** Entries of a zip archive, stored as they are. */
export function zip(entries: readonly (readonly [name: string, content: Uint8Array])[]): Buffer {
  const parts: Buffer[] = [];
  const directory: Buffer[] = [];
  let position = 0;
  for (const [name, content] of entries) {
    const sizes = bytesOf(uint32(0), uint32(content.length), uint32(content.length));
    const lengths = bytesOf(name.length & 255, name.length >> 8, 0, 0);
    const local = bytesOf('PK\x03\x04', '\x14\0\0\0\0\0\0\0\0\0', sizes, lengths, name, content);
    directory.push(
      bytesOf(
        'PK\x01\x02',
        '\x14\0\x14\0\0\0\0\0\0\0\0\0',
        sizes,
        lengths,
        Buffer.alloc(10),
        uint32(position),
        name,
      ),
    );
    parts.push(local);
    position += local.length;
  }
  const all = Buffer.concat(directory);
  const count = bytesOf(entries.length & 255, entries.length >> 8);
  return bytesOf(
    ...parts,
    all,
    'PK\x05\x06',
    '\0\0\0\0',
    count,
    count,
    uint32(all.length),
    uint32(position),
    '\0\0',
  );
}

export type Storages = readonly (readonly [key: string, count: number])[];

/** A `.pth` as PyTorch writes it since 1.6. */
export function torchZip(object: Uint8Array, storages: Storages = []): Buffer {
  return zip([
    ['archive/data.pkl', object],
    ...storages.map(([key, count]) => [`archive/data/${key}`, numbers(count)] as const),
    ['archive/version', Buffer.from('3\n')],
  ]);
}

/** A `.pth` as PyTorch wrote it before. */
export function torchLegacy(object: Uint8Array, storages: Storages = []): Buffer {
  const magic = pickle(0x8a, 10, Buffer.from('6cfc9c46f9206aa85019', 'hex'));
  const machine = pickle(dictionary(text('little_endian'), 0x88));
  const order = pickle(']', '(', ...storages.map(([key]) => text(key)), 'e');
  const contents = storages.flatMap(([, count]) => [uint64(BigInt(count)), numbers(count)]);
  return bytesOf(magic, pickle('M', 0xe9, 0x03), machine, object, order, ...contents);
}

/** A `.npy` with this header text and content. */
export function npy(header: string, content: Uint8Array): Buffer {
  return bytesOf('\x93NUMPY\x01\0', header.length & 255, header.length >> 8, header, content);
}

/** A `.npy` that holds one pickled Python object. */
export function npyObject(object: Uint8Array): Buffer {
  return npy("{'descr': '|O', 'fortran_order': False, 'shape': (), }\n", object);
}

/** An array of one Python object or of float32 numbers, as numpy pickles it. */
export function ndarray(shape: number[], content: Piece, code = 'f4'): Buffer {
  const type = bytesOf(
    reduce(global('numpy', 'dtype'), tuple(text(code), integer(0), integer(1))),
    tuple(integer(3), text(code === 'O8' ? '|' : '<'), 'N', 'N', 'N'),
    'b',
  );
  const made = reduce(
    global('numpy.core.multiarray', '_reconstruct'),
    tuple(global('numpy', 'ndarray'), tuple(integer(0)), text('b')),
  );
  return bytesOf(made, tuple(integer(1), tuple(...shape.map(integer)), type, 0x89, content), 'b');
}

export const bytesObject = (content: Uint8Array): Buffer => bytesOf('B', uint32(content.length), content);

/** Valid files of every format, to be mutated. */
export function validFiles(): Record<string, Buffer> {
  const state = pickle(
    dictionary(
      text('weight'),
      tensor('0', 12, [3, 4], [4, 1]),
      text('transposed'),
      tensor('0', 12, [4, 3], [1, 4]),
      text('bias'),
      tensor('1', 3, [3], [1]),
    ),
  );
  const storages: Storages = [
    ['0', 12],
    ['1', 3],
  ];
  const layer = dictionary(
    text('weights'),
    ndarray([2, 3], bytesObject(numbers(6))),
    text('biases'),
    ndarray([2], bytesObject(numbers(2))),
  );
  const sound = pickle(ndarray([], bytesOf(']', dictionary(text('conv1'), layer), 'a'), 'O8'));
  const header = Buffer.from(
    JSON.stringify({
      __metadata__: { format: 'pt' },
      weight: { dtype: 'F32', shape: [3, 4], data_offsets: [0, 48] },
      half: { dtype: 'F16', shape: [2], data_offsets: [48, 52] },
      count: { dtype: 'I64', shape: [], data_offsets: [52, 60] },
    }),
  );
  const array = npy("{'descr': '<f4', 'fortran_order': True, 'shape': (3, 4), }\n", numbers(12));
  return {
    safetensors: bytesOf(uint64(BigInt(header.length)), header, numbers(15)),
    'zip .pth': torchZip(state, storages),
    'legacy .pth': torchLegacy(state, storages),
    '.npy': array,
    'pickled .npy': npyObject(sound),
    '.npz': zip([
      ['a.npy', array],
      ['b.npy', array],
    ]),
  };
}
