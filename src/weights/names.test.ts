import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { InputError } from '../support/errors.ts';
import { elementCount, type Tensor } from '../support/tensor.ts';
import { requirement } from '../support/testing.ts';
import { loadInto } from './load.ts';
import { toModelNames } from './names.ts';
import { readModelWeights, readWeights } from './read.ts';
import { writeSafetensors } from './safetensors.ts';

const python = '/usr/bin/python3';
const hasTorch = requirement('PyTorch (python3-torch, python3-torchvision)', () => {
  execFileSync(python, ['-c', 'import torch, torchvision'], { stdio: 'ignore' });
  return true;
});
const folder = mkdtempSync(join(tmpdir(), 'affectline-names-'));
afterAll(() => rmSync(folder, { recursive: true }));
const path = (name: string) => join(folder, name);

beforeAll(() => {
  if (!hasTorch) return;
  const script = `
import sys, os, re, torch, torchvision
folder = sys.argv[1]
model = torchvision.models.densenet121()
state = model.state_dict()
torch.save(state, os.path.join(folder, 'densenet.pth'))
legacy = {re.sub(r'(denselayer\\d+\\.(?:norm|conv))([12])\\.', r'\\1.\\2.', key): value for key, value in state.items() if 'num_batches' not in key}
assert 'features.denseblock1.denselayer1.norm.1.weight' in legacy
torch.save(legacy, os.path.join(folder, 'legacy.pth'), _use_new_zipfile_serialization=False)
torch.save({'state_dict': torch.nn.DataParallel(model).state_dict()}, os.path.join(folder, 'parallel.pth'))
torch.save(torchvision.models.alexnet().state_dict(), os.path.join(folder, 'alexnet.pth'))
`;
  execFileSync(python, ['-c', script, folder], { stdio: 'inherit' });
});

const tensor = (shape: number[], first = 0): Tensor => ({
  shape,
  data: new Float32Array(elementCount(shape)).map((_, i) => first + i),
});

/** `toEqual` on millions of numbers takes a minute. */
const sameBytes = (a: Float32Array, b: Float32Array) =>
  Buffer.from(a.buffer, a.byteOffset, a.byteLength).equals(
    new Uint8Array(b.buffer, b.byteOffset, b.byteLength),
  );

test.skipIf(!hasTorch)(
  "torchvision's DenseNet-121, its old names and DataParallel's give one set of parameters (needs PyTorch)",
  async () => {
    const { parameters, leftOut } = await readModelWeights(path('densenet.pth'));
    const counters = leftOut.filter((name) => name.endsWith('num_batches_tracked'));
    expect(counters.length).toBe(121);
    expect(leftOut.filter((name) => !counters.includes(name))).toEqual([
      'classifier.weight',
      'classifier.bias',
    ]);
    expect(parameters.size).toBe(121 * 4 + 120); // of each batch norm four, of each convolution one
    expect(parameters.get('picture.features.denseblock4.denselayer16.norm2.running_var')!.shape).toEqual([
      128,
    ]);
    const expected = [...parameters].map(([name, { shape }]) => ({ name, shape }));
    for (const name of ['legacy.pth', 'parallel.pth']) {
      const loaded = loadInto(expected, await readWeights(path(name)), { source: name, rename: true });
      expect([...loaded.keys()]).toEqual([...parameters.keys()]);
      const differing = [...loaded].filter(([key, { data }]) => !sameBytes(data, parameters.get(key)!.data));
      expect(differing.map(([key]) => key)).toEqual([]);
    }
  },
);

test.skipIf(!hasTorch)("torchvision's AlexNet is the flow stream (needs PyTorch)", async () => {
  const { parameters, leftOut } = await readModelWeights(path('alexnet.pth'));
  expect([...parameters].map(([name, { shape }]) => `${name} ${shape}`)).toEqual([
    'flow.features.0.weight 64,3,11,11',
    'flow.features.0.bias 64',
    'flow.features.3.weight 192,64,5,5',
    'flow.features.3.bias 192',
    'flow.features.6.weight 384,192,3,3',
    'flow.features.6.bias 384',
    'flow.features.8.weight 256,384,3,3',
    'flow.features.8.bias 256',
    'flow.features.10.weight 256,256,3,3',
    'flow.features.10.bias 256',
  ]);
  expect(leftOut.every((name) => name.startsWith('classifier.'))).toBe(true);
});

test("SoundNet's numpy dictionary gets the PyTorch port's names and order of axes", () => {
  const found = new Map([
    ['conv1.weights', tensor([3, 1, 2, 4])],
    ['conv1.biases', tensor([4])],
    ['conv1.gamma', tensor([4], 10)],
    ['conv1.beta', tensor([4], 20)],
    ['conv1.mean', tensor([4], 30)],
    ['conv1.var', tensor([4], 40)],
    ['conv8.weights', tensor([1, 1, 4, 2])],
    ['conv8_2.biases', tensor([2])],
  ]);
  const { parameters, leftOut } = toModelNames(found);
  expect([...parameters.keys()]).toEqual(
    ['0.weight', '0.bias', '1.weight', '1.bias', '1.running_mean', '1.running_var'].map(
      (n) => `sound.conv1.${n}`,
    ),
  );
  expect(leftOut).toEqual(['conv8.weights', 'conv8_2.biases']);
  const { shape, data } = parameters.get('sound.conv1.0.weight')!;
  expect(shape).toEqual([4, 2, 3, 1]);
  const source = found.get('conv1.weights')!.data;
  for (let out = 0; out < 4; out++)
    for (let into = 0; into < 2; into++)
      for (let time = 0; time < 3; time++)
        expect(data[(out * 2 + into) * 3 + time]).toBe(source[(time * 2 + into) * 4 + out]);
});

test("SoundNet's PyTorch port keeps its names", () => {
  const found = new Map([
    ['conv1.0.weight', tensor([4, 1, 3, 1])],
    ['conv7.1.running_var', tensor([4])],
    ['conv8.0.weight', tensor([2])],
    ['conv1.1.num_batches_tracked', tensor([])],
  ]);
  const { parameters, leftOut } = toModelNames(found);
  expect([...parameters.keys()]).toEqual(['sound.conv1.0.weight', 'sound.conv7.1.running_var']);
  expect(parameters.get('sound.conv1.0.weight')).toBe(found.get('conv1.0.weight'));
  expect(leftOut).toEqual(['conv8.0.weight', 'conv1.1.num_batches_tracked']);
});

test('our own names stay as they are', () => {
  const found = new Map([
    ['picture.features.conv0.weight', tensor([1])],
    ['fusion.conv.bias', tensor([2])],
    ['regression.bias', tensor([2])],
  ]);
  expect(toModelNames(found)).toEqual({ parameters: found, renamed: [], leftOut: [] });
});

test('parameters of no known network are refused, and two that mean the same', () => {
  expect(() => toModelNames(new Map([['layer1.0.conv1.weight', tensor([1])]]))).toThrow(
    /its parameters \('layer1\.0\.conv1\.weight', …\) are of no network that is known; known are: DenseNet; AlexNet/,
  );
  const twice = new Map([
    ['features.conv0.weight', tensor([1])],
    ['module.features.conv0.weight', tensor([1])],
  ]);
  expect(() => toModelNames(twice)).toThrow("two of its parameters mean 'picture.features.conv0.weight'");
});

test('everything that does not fit is in one error', () => {
  const expected = [
    { name: 'a', shape: [2, 3] },
    { name: 'b', shape: [4] },
    { name: 'c', shape: [] },
  ];
  const found = new Map([
    ['a', tensor([3, 2])],
    ['c', tensor([1])],
    ['d', tensor([1])],
  ]);
  const load = () => loadInto(expected, found, { source: 'w.pth' });
  expect(load).toThrow(InputError);
  expect(load).toThrow(
    [
      "w.pth do not fit the network's 3 parameters",
      "1 missing: 'b'",
      "1 unknown to the network: 'd'",
      "2 of another shape: 'a' is [3,2], not [2,3], 'c' is [1], not []",
    ].join('\n  '),
  );
});

test('the error stays short for a file that does not fit at all', () => {
  const expected = Array.from({ length: 600 }, (_, i) => ({ name: `${i}.${'x'.repeat(500)}`, shape: [1] }));
  const found = new Map(Array.from({ length: 600 }, (_, i) => [`y${i}`, tensor([2])]));
  try {
    loadInto(expected, found);
    expect.unreachable();
  } catch (error) {
    expect((error as Error).message).toMatch(/^ {2}600 missing: .*, and 580 more$/m);
    expect((error as Error).message.length).toBeLessThan(5000);
  }
});

test('a file of another kind is told from weights', async () => {
  writeFileSync(path('page.pth'), '<!DOCTYPE html><title>Sign in</title>');
  writeFileSync(path('soundnet8_final.t7'), Buffer.from('0400000001000000', 'hex'));
  writeFileSync(path('empty.pth'), '');
  await expect(readWeights(path('page.pth'))).rejects.toThrow('page.pth: a web page, not weights');
  await expect(readWeights(path('soundnet8_final.t7'))).rejects.toThrow('files of Lua Torch are not read');
  await expect(readWeights(path('empty.pth'))).rejects.toThrow(InputError);
});

test('the format is told by the bytes, not by the ending', async () => {
  await writeSafetensors(path('safetensors.pth'), new Map([['features.conv0.weight', tensor([2])]]));
  expect([...(await readModelWeights(path('safetensors.pth'))).parameters.keys()]).toEqual([
    'picture.features.conv0.weight',
  ]);
});
