import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { InputError } from '../support/errors.ts';
import { requirement } from '../support/testing.ts';
import { parseNumpy, readNumpy } from './numpy.ts';
import { readSafetensors, writeSafetensors } from './safetensors.ts';

const python = '/usr/bin/python3';
const hasNumpy = requirement('numpy (python3-numpy)', () => {
  execFileSync(python, ['-c', 'import numpy'], { stdio: 'ignore' });
  return true;
});

const folder = mkdtempSync(join(tmpdir(), 'affectline-numpy-'));
afterAll(() => rmSync(folder, { recursive: true }));
const path = (name: string) => join(folder, name);

const script = `
import sys, os, io, json, pickle, struct
import numpy as np
folder = sys.argv[1]
rng = np.random.default_rng(1)

def expect(name, arrays):
    header, data = {}, b''
    for key, array in arrays.items():
        numbers = np.asarray(array).astype('<f4').tobytes(order='C')
        header[key] = {'dtype': 'F32', 'shape': list(np.shape(array)), 'data_offsets': [len(data), len(data) + len(numbers)]}
        data += numbers
    text = json.dumps(header).encode()
    with open(os.path.join(folder, name + '.safetensors'), 'wb') as file:
        file.write(struct.pack('<Q', len(text)) + text + data)

for code in ['<f2', '<f4', '<f8', '>f2', '>f4', '>f8', '|i1', '<i2', '>i4', '<i8', '>i8', '|u1', '>u2', '<u4', '<u8', '|b1']:
    array = (rng.random((2, 3, 4)) * 100).astype(code)
    for name, layout in [('c', array), ('fortran', np.asfortranarray(array)), ('scalar', array[0, 0, 0]), ('empty', array[:0]), ('line', array[0, 0])]:
        file = code.strip('<>|') + '.' + ('big' if code[0] == '>' else 'little') + '.' + name
        np.save(os.path.join(folder, file + '.npy'), layout)
        expect(file, {file: layout})

def layer(height, width, inputs, outputs, normal=True):
    result = {'weights': rng.random((height, width, inputs, outputs)).astype('f4'), 'biases': rng.random(outputs).astype('f4')}
    if normal:
        result.update({name: rng.random(outputs).astype('f4') for name in ['gamma', 'beta', 'mean', 'var']})
    return result

sound = {'conv1': layer(64, 1, 1, 16), 'conv2': layer(32, 1, 16, 32), 'conv8': layer(8, 1, 32, 10, False), 'conv8_2': layer(8, 1, 32, 4, False)}
sound['conv2']['weights'] = np.asfortranarray(sound['conv2']['weights'])
expect('sound', {layer + '.' + name: array for layer, arrays in sound.items() for name, array in arrays.items()})

def object_array(pickled, name, version=1):
    text = b"{'descr': '|O', 'fortran_order': False, 'shape': (), }"
    text += b' ' * (-(len(text) + 11) % 16) + b'\\n'
    with open(os.path.join(folder, name + '.npy'), 'wb') as file:
        file.write(b'\\x93NUMPY\\x01\\x00' + struct.pack('<H', len(text)) + text + pickled)

wrapped = np.empty((), dtype=object)
wrapped[()] = sound
np.save(os.path.join(folder, 'sound.saved.npy'), wrapped)
for protocol in [2, 3, 4]:
    object_array(pickle.dumps(wrapped, protocol=protocol), 'sound.%d' % protocol)

class Python2(pickle._Pickler):
    """Texts and bytes alike are BINSTRING there, and numpy's modules have their old names."""
    def string(self, data):
        self.write(b'U' + bytes([len(data)]) + data if len(data) < 256 else b'T' + struct.pack('<i', len(data)) + data)
        self.memoize(data)
    def text(self, obj):
        self.string(obj.encode('latin1'))
    dispatch = dict(pickle._Pickler.dispatch)
    dispatch[str] = text
    dispatch[bytes] = lambda self, obj: self.string(obj)

file = io.BytesIO()
Python2(file, 2).dump(wrapped)
object_array(file.getvalue(), 'sound.python2')
np.savez(os.path.join(folder, 'plain.npz'), **sound['conv1'])
np.savez_compressed(os.path.join(folder, 'deflated.npz'), **sound['conv1'])
expect('npz', sound['conv1'])
object_array(pickle.dumps(np.array([1, 2]), protocol=5), 'protocol5')
object_array(pickle.dumps(complex(1, 2), protocol=4), 'complex')
np.save(os.path.join(folder, 'structured.npy'), np.zeros(3, dtype=[('a', 'f4'), ('b', 'i4')]))
np.save(os.path.join(folder, 'complex64.npy'), np.zeros(3, dtype='c8'))
np.save(os.path.join(folder, 'texts.npy'), np.array(['a', 'b']))
`;

beforeAll(() => {
  if (hasNumpy) execFileSync(python, ['-c', script, folder], { stdio: 'inherit' });
});

const codes = 'f2 f4 f8 i1 i2 i4 i8 u1 u2 u4 u8 b1'.split(' ');
const bigCodes = new Set(['f2', 'f4', 'f8', 'i4', 'i8', 'u2']);
const littleCodes = codes.filter((code) => !['i4', 'u2'].includes(code));

test.skipIf(!hasNumpy)('arrays of every type, byte order and memory order load (needs numpy)', async () => {
  const kinds = [
    ...littleCodes.map((code) => `${code}.little`),
    ...codes.filter((code) => bigCodes.has(code)).map((code) => `${code}.big`),
  ];
  for (const kind of kinds) {
    for (const layout of ['c', 'fortran', 'scalar', 'empty', 'line']) {
      const expected = await readSafetensors(path(`${kind}.${layout}.safetensors`));
      expect(await readNumpy(path(`${kind}.${layout}.npy`)), `${kind}.${layout}`).toEqual(expected);
    }
  }
});

test.skipIf(!hasNumpy).each(['sound.saved', 'sound.2', 'sound.3', 'sound.4', 'sound.python2'])(
  "%s.npy: a pickled dictionary of layers, as SoundNet's, loads (needs numpy)",
  async (name) => {
    const expected = await readSafetensors(path('sound.safetensors'));
    expect(await readNumpy(path(`${name}.npy`))).toEqual(expected);
    expect(expected.get('conv1.weights')!.shape).toEqual([64, 1, 1, 16]);
  },
);

test.skipIf(!hasNumpy).each(['plain', 'deflated'])('%s.npz loads (needs numpy)', async (name) => {
  expect(await readNumpy(path(`${name}.npz`))).toEqual(await readSafetensors(path('npz.safetensors')));
});

test.skipIf(!hasNumpy).each([
  ['protocol5', 'refuses pickle protocol 5; save with protocol 2 to 4'],
  ['complex', "refuses global 'builtins.complex': only plain tensors are read"],
  ['structured', 'does not describe a plain array'],
  ['complex64', "unknown number type '<c8'; one of: f2, f4"],
  ['texts', "unknown number type '<U1'"],
])('%s.npy is refused (needs numpy)', async (name, message) => {
  await expect(readNumpy(path(`${name}.npy`))).rejects.toThrow(InputError);
  await expect(readNumpy(path(`${name}.npy`))).rejects.toThrow(message);
});

test.skipIf(!hasNumpy)('cut off anywhere, a file is refused (needs numpy)', () => {
  for (const name of ['f4.little.c.npy', 'sound.2.npy', 'sound.python2.npy', 'plain.npz']) {
    const bytes = readFileSync(path(name));
    for (let length = 0; length < bytes.length; length += 97) {
      expect(() => parseNumpy(bytes.subarray(0, length), 'x'), `${name}, ${length} bytes`).toThrow(
        InputError,
      );
    }
  }
});

test.skipIf(!hasNumpy)(
  'a safetensors file of ours is read by numpy by the published format (needs numpy)',
  async () => {
    const file = path('ours.safetensors');
    const tensors = new Map([
      ['a.weight', { shape: [2, 3], data: new Float32Array([1, 2, 3, 4, 5, -6.5]) }],
      ['ü', { shape: [], data: new Float32Array([0.25]) }],
    ]);
    const reader = `
import sys, json, struct, numpy
for name in sys.argv[1:]:
    bytes = open(name, 'rb').read()
    end = 8 + struct.unpack('<Q', bytes[:8])[0]
    header = json.loads(bytes[8:end])
    print(json.dumps([header.pop('__metadata__', None)] + [[name, entry['shape'],
        numpy.frombuffer(bytes[end:][slice(*entry['data_offsets'])], {'F32': '<f4', 'F16': '<f2'}[entry['dtype']]).reshape(entry['shape']).ravel().tolist()]
        for name, entry in header.items()]))
`;
    await writeSafetensors(file, tensors, { metadata: { model: 'compact' } });
    await writeSafetensors(`${file}.half`, tensors, { precision: 'float16' });
    const output = execFileSync(python, ['-c', reader, file, `${file}.half`], { encoding: 'utf8' });
    const numbers = [
      ['a.weight', [2, 3], [1, 2, 3, 4, 5, -6.5]],
      ['ü', [], [0.25]],
    ];
    expect(
      output
        .trim()
        .split('\n')
        .map((line) => JSON.parse(line)),
    ).toEqual([
      [{ model: 'compact' }, ...numbers],
      [null, ...numbers],
    ]);
  },
);
