import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { deflateRawSync } from 'node:zlib';
import { afterAll, afterEach, expect, test } from 'vitest';
import { InputError } from '../support/errors.ts';
import { parseNumpy } from './numpy.ts';
import {
  bytesOf,
  dictionary,
  global,
  integer,
  ndarray,
  npyObject,
  type Piece,
  pickle,
  reduce,
  tensor,
  text,
  torchLegacy,
  torchZip,
  tuple,
  uint32,
  uint64,
  zip,
} from './samples.test.fixture.ts';
import { parseTorch } from './torch.ts';

/** A command run by any of these files would leave something here. */
const folder = mkdtempSync(join(tmpdir(), 'affectline-malicious-'));
const proof = join(folder, 'it-ran');
afterEach(() => expect(readdirSync(folder)).toEqual([]));
afterAll(() => rmSync(folder, { recursive: true }));

const command = tuple(text(`touch ${proof}`));
const code = tuple(text(`__import__('os').system('touch ${proof}')`));
const short = (value: string) => bytesOf(0x8c, value.length, value);

/** Every way the object can come into the program: all have to refuse it with the same words. */
const carriers: Record<string, (object: Uint8Array) => unknown> = {
  'zip .pth': (object) => parseTorch(torchZip(object)),
  'legacy .pth': (object) => parseTorch(torchLegacy(object)),
  '.npy': (object) => parseNumpy(npyObject(object), 'x'),
};

function expectRefused(read: () => unknown, message: string): void {
  let error: unknown;
  try {
    read();
  } catch (thrown) {
    error = thrown;
  }
  expect(error).toBeInstanceOf(InputError);
  expect((error as Error).message).toContain(message);
}

const attacks: [string, Piece, string][] = [
  ['os.system', reduce(global('os', 'system'), command), "refuses global 'os.system'"],
  ['posix.system', reduce(global('posix', 'system'), command), "refuses global 'posix.system'"],
  ['subprocess.Popen', reduce(global('subprocess', 'Popen'), command), "refuses global 'subprocess.Popen'"],
  ['builtins.eval', reduce(global('builtins', 'eval'), code), "refuses global 'builtins.eval'"],
  ['builtins.exec', reduce(global('builtins', 'exec'), code), "refuses global 'builtins.exec'"],
  ['eval of Python 2', reduce(global('__builtin__', 'eval'), code), "refuses global '__builtin__.eval'"],
  ['builtins.getattr', global('builtins', 'getattr'), "refuses global 'builtins.getattr'"],
  [
    'torch.load',
    reduce(global('torch.serialization', 'load'), command),
    "refuses global 'torch.serialization.load'",
  ],
  ['torch.hub', reduce(global('torch.hub', 'load'), command), "refuses global 'torch.hub.load'"],
  ['numpy.load', reduce(global('numpy', 'load'), command), "refuses global 'numpy.load'"],
  ['STACK_GLOBAL', bytesOf(short('os'), short('system'), 0x93, command, 'R'), "refuses global 'os.system'"],
  [
    'STACK_GLOBAL with names out of the memo',
    bytesOf(short('system'), 0x94, short('os'), 0x94, ']', 'h', 1, 'h', 0, 0x93, command, 'R'),
    "refuses global 'os.system'",
  ],
  [
    'STACK_GLOBAL with dots',
    bytesOf(short('collections'), short('OrderedDict.__init__.__globals__'), 0x93),
    "refuses global 'collections.OrderedDict.__init__.__globals__'",
  ],
  [
    'STACK_GLOBAL of numbers',
    bytesOf(integer(1), integer(2), 0x93),
    'names a global by something other than text',
  ],
  [
    "a name of JavaScript's objects",
    global('__proto__', 'constructor'),
    "refuses global '__proto__.constructor'",
  ],
  ['constructor', global('', 'constructor'), "refuses global '.constructor'"],
  ['INST', bytesOf('(', text('x'), 'ios\nsystem\n'), 'refuses pickle opcode INST'],
  ['OBJ', bytesOf('(', global('os', 'system'), text('x'), 'o'), "refuses global 'os.system'"],
  ['OBJ of nothing', bytesOf('(', text('x'), 'o'), 'refuses pickle opcode OBJ'],
  ['EXT1', bytesOf(0x82, 1), 'refuses pickle opcode EXT1'],
  ['NEWOBJ', bytesOf('}', ')', 0x81), 'refuses pickle opcode NEWOBJ'],
  ['NEWOBJ_EX', bytesOf('}', ')', '}', 0x92), 'refuses pickle opcode NEWOBJ_EX'],
  ['an unknown opcode', bytesOf(0xff), 'refuses pickle opcode 0xff'],
  ['calling a text', reduce(text('os.system'), command), 'refuses to call what is not a known global'],
  [
    'calling a dictionary',
    reduce(dictionary(text('call'), text('x')), command),
    'refuses to call what is not',
  ],
  ['state for a text', bytesOf(text('x'), '}', 'b'), 'refuses to set the state'],
  ['state for a list', bytesOf(']', '}', 'b'), 'refuses to set the state'],
  ['protocol 5', bytesOf(0x80, 5), 'refuses pickle protocol 5'],
  ['a text of 2^63 bytes', bytesOf(0x8d, uint64(2n ** 63n), 'x'), 'the pickle ends in the middle'],
  ['bytes of 4 GB', bytesOf('B', uint32(0xffffffff), 'x'), 'the pickle ends in the middle'],
  ['a name without end', bytesOf('c', 'a'.repeat(5000)), 'a name in the pickle has no end'],
  [
    'a memo that was never stored',
    bytesOf('j', uint32(0xffffffff)),
    'recalls 4294967295, which it never stored',
  ],
  ['an empty stack', bytesOf('t'), 'the pickle is damaged'],
  ['items of a mark', bytesOf(']', '(', 'a'), 'the pickle is damaged'],
  ['a million lists in one another', ']'.repeat(1e6), 'a pickle of more than 500000 steps'],
  ['a million stored values', bytesOf(']', 'r\0\0\0\xff]'.repeat(3e5)), 'steps'],
];

test.each(attacks)('%s is refused by name, in every kind of file, and does nothing', (_, object, message) => {
  for (const read of Object.values(carriers)) expectRefused(() => read(pickle(object)), message);
  expect(existsSync(proof)).toBe(false);
});

test('deep nesting and values that contain themselves are no trouble', () => {
  const nested = bytesOf(']'.repeat(100_000), 'a'.repeat(99_999));
  const itself = bytesOf('}', 'q', 0, text('self'), 'h', 0, 's');
  for (const object of [nested, itself]) {
    expectRefused(() => carriers['zip .pth']!(pickle(object)), 'holds no dictionary of tensors');
    expectRefused(() => carriers['legacy .pth']!(pickle(object)), 'holds no dictionary of tensors');
  }
  expectRefused(() => carriers['.npy']!(pickle(nested)), 'holds no arrays of numbers');
  expectRefused(() => carriers['.npy']!(pickle(itself)), 'nests dictionaries more than 4 deep');
});

test('a billion laughs: every dictionary holds the one before it a hundred times', () => {
  const keys = Array.from({ length: 300 }, (_, i) => text(`k${i}`));
  const level = (inner: number): Buffer => dictionary(...keys.flatMap((key) => [key, bytesOf('h', inner)]));
  const object = bytesOf(
    ...[ndarray([0], bytesOf('C', 0)), level(0), level(1), level(2)].flatMap((part, i) => [part, 'q', i]),
  );
  expectRefused(() => carriers['.npy']!(pickle(object)), 'far more memory than its size allows');
  const lists = Array.from({ length: 200 }, (_, i) =>
    bytesOf(']', '(', bytesOf('h', i).toString('latin1').repeat(100), 'e', 'q', i + 1),
  );
  expectRefused(() => carriers['zip .pth']!(pickle(']', 'q', 0, ...lists)), 'holds no dictionary of tensors');
});

test('a tensor that claims more than its storage has, or takes terabytes, is refused', () => {
  const one: [string, number][] = [['0', 4]];
  const read = (shape: number[], strides: number[], offset = 0, storages = one) =>
    parseTorch(torchZip(pickle(dictionary(text('x'), tensor('0', 4, shape, strides, offset))), storages));
  expect(read([2, 2], [1, 2]).get('x')!.data).toHaveLength(4);
  expectRefused(() => read([2 ** 30, 2 ** 10], [0, 0]), 'far more memory than its size allows');
  expectRefused(() => read([5], [1]), 'its elements reach to 4, beyond the 4 stored');
  expectRefused(() => read([2], [1], 3), 'beyond the 4 stored');
  expectRefused(() => read([-1 >>> 0], [1]), 'are not whole numbers from 0');
  expectRefused(() => read([2], [1, 1]), 'are not whole numbers from 0');
  expectRefused(() => read(Array(33).fill(1), Array(33).fill(1)), 'more than 32 dimensions');
  expectRefused(() => read([2], [1], 0, []), "storage '0' is missing");
  expectRefused(() => read([2], [1], 0, [['0', 3]]), "storage '0' has 12 bytes, not 4 of float32");
  const many = Array.from({ length: 2000 }, (_, i) => [text(`x${i}`), tensor('0', 4, [2 ** 20], [0])]);
  expectRefused(() => parseTorch(torchZip(pickle(dictionary(...many.flat())), one)), 'far more memory');
});

test('a storage described in two ways, or that is none, is refused', () => {
  const two = pickle(dictionary(text('a'), tensor('0', 4, [4], [1]), text('b'), tensor('0', 5, [5], [1])));
  expectRefused(() => parseTorch(torchZip(two, [['0', 4]])), "storage '0' is described in two ways");
  expectRefused(() => parseTorch(torchZip(pickle(text('0'), 'Q'))), 'a persistent id that is not a storage');
  expectRefused(() => parseNumpy(npyObject(pickle(text('0'), 'Q')), 'x'), 'refuses a persistent id');
});

test('zip bombs are refused before they unfold', () => {
  const zeros = deflateRawSync(Buffer.alloc(200_000_000));
  const bomb = zip([['archive/data.pkl', zeros]]);
  for (const [signature, sizeAt, methodAt] of [
    ['PK\x03\x04', 22, 8],
    ['PK\x01\x02', 24, 10],
  ] as const) {
    const at = bomb.lastIndexOf(signature, undefined, 'latin1');
    bomb.writeUInt16LE(8, at + methodAt);
    bomb.writeUInt32LE(200_000_000, at + sizeAt);
  }
  expectRefused(() => parseTorch(bomb), 'far more memory than its size allows');
  bomb.writeUInt32LE(1000, bomb.lastIndexOf('PK\x01\x02', undefined, 'latin1') + 24);
  expectRefused(() => parseTorch(bomb), 'does not inflate to its 1000 bytes');
  expectRefused(
    () => parseTorch(zip(Array(3).fill(['archive/data.pkl', pickle('}')] as const))),
    "holds 'archive/data.pkl' twice",
  );
});

test('the module has no means to run anything', () => {
  const sources = fileURLToPath(new URL('.', import.meta.url));
  for (const name of readdirSync(sources)) {
    if (name.includes('.test.')) continue;
    const source = readFileSync(join(sources, name), 'utf8');
    expect(source, name).not.toMatch(/child_process|node:vm|worker_threads|\beval\(|new Function|import\(/);
  }
});
