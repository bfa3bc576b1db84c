import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync, symlinkSync, truncateSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { InputError } from '../support/errors.ts';
import { elementCount, type Tensor } from '../support/tensor.ts';
import { pythonHas, requirement } from '../support/testing.ts';
import { loadInto } from './load.ts';
import { toModelNames } from './names.ts';
import { readModelWeights, readWeights } from './read.ts';
import { writeSafetensors } from './safetensors.ts';

const python = '/usr/bin/python3';
const hasTorch = requirement('PyTorch (python3-torch, python3-torchvision)', () =>
  pythonHas(python, 'torch', 'torchvision'),
);
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
      const loaded = loadInto(expected, toModelNames(await readWeights(path(name))).parameters, {
        source: name,
      });
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

test.each(['module.', 'model.', 'net.', '_orig_mod.', 'module._orig_mod.', 'model.module.', 'my_encoder.'])(
  'the prefix %s is taken off; what does not have it belongs to something else',
  (prefix) => {
    const found = new Map([
      [`${prefix}features.conv0.weight`, tensor([1])],
      [`${prefix}features.norm5.bias`, tensor([2])],
      [`${prefix}classifier.bias`, tensor([2])],
      ['criterion.weight', tensor([3])],
    ]);
    const { parameters, leftOut } = toModelNames(found);
    expect([...parameters.keys()]).toEqual(['picture.features.conv0.weight', 'picture.features.norm5.bias']);
    expect(leftOut).toEqual([`${prefix}classifier.bias`, 'criterion.weight']);
  },
);

test('our own names are found behind prefixes too', () => {
  const found = new Map([
    ['model._orig_mod.picture.features.conv0.weight', tensor([1])],
    ['model._orig_mod.regression.bias', tensor([2])],
  ]);
  expect([...toModelNames(found).parameters.keys()]).toEqual([
    'picture.features.conv0.weight',
    'regression.bias',
  ]);
});

test('of an average of the weights beside them, the weights themselves are taken', () => {
  const found = new Map([
    ['ema_model.features.conv0.weight', tensor([1], 7)],
    ['model.features.conv0.weight', tensor([1], 8)],
  ]);
  const { parameters, leftOut } = toModelNames(found);
  expect(parameters.get('picture.features.conv0.weight')!.data[0]).toBe(8);
  expect(leftOut).toEqual(['ema_model.features.conv0.weight']);
});

test('layers of TensorFlow Lite are those of the network that their first one belongs to', () => {
  const layers = (first: number[]) =>
    new Map([
      ['convolutions.0.weight', tensor(first)],
      ['convolutions.1.bias', tensor([64])],
      ['convolutions.52.bias', tensor([1001])],
      ['linears.0.bias', tensor([521])],
    ]);
  const pictures = toModelNames(layers([32, 3, 3, 3]));
  expect([...pictures.parameters.keys()]).toEqual([
    'picture.convolutions.0.weight',
    'picture.convolutions.1.bias',
  ]);
  expect([...toModelNames(layers([32, 1, 3, 3])).parameters.keys()][0]).toBe('sound.convolutions.0.weight');
  expect(() => toModelNames(layers([8, 3, 3, 3]))).toThrow('of no network that is known');
});

test('weights that are no finite numbers, and variances below 0, are refused by name', async () => {
  const expected = [
    { name: 'a.running_var', shape: [2] },
    { name: 'b', shape: [2] },
  ];
  const with_ = (name: string, value: number) =>
    new Map(
      expected.map(({ name: key, shape }) => [
        key,
        { shape, data: Float32Array.of(1, key === name ? value : 0) },
      ]),
    );
  expect(loadInto(expected, with_('b', -1)).size).toBe(2);
  for (const [name, value, words] of [
    ['b', Number.NaN, "'b' holds NaN"],
    ['b', Number.POSITIVE_INFINITY, "'b' holds an infinite number"],
    ['a.running_var', Number.NEGATIVE_INFINITY, "'a.running_var' holds an infinite number"],
    ['a.running_var', -0.5, "'a.running_var' holds the variance -0.5"],
  ] as const)
    expect(() => loadInto(expected, with_(name, value))).toThrow(words);
  const data = Float32Array.of(Number.NaN);
  await writeSafetensors(path('nan.safetensors'), new Map([['features.conv0.weight', { shape: [1], data }]]));
  await expect(readModelWeights(path('nan.safetensors'))).rejects.toThrow(
    "nan.safetensors: parameter 'picture.features.conv0.weight' holds NaN",
  );
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

test.skipIf(process.platform === 'win32')(
  'pipes, devices and folders are refused without a wait',
  async () => {
    execFileSync('mkfifo', [path('pipe.safetensors')]);
    symlinkSync(path('pipe.safetensors'), path('link.pth'));
    for (const file of [path('pipe.safetensors'), path('link.pth'), '/dev/zero', folder])
      await expect(readWeights(file)).rejects.toThrow(`'${file}' is not a file`);
    await expect(readWeights(path('none.pth'))).rejects.toThrow(
      /cannot open weight file '.*none\.pth': no such file/,
    );
  },
);

test('a file beyond a gigabyte is refused before a byte of it is read', async () => {
  writeFileSync(path('giant.safetensors'), '');
  truncateSync(path('giant.safetensors'), 2 ** 30 + 1);
  await expect(readWeights(path('giant.safetensors'))).rejects.toThrow(
    'has 1073741825 bytes; at most 1073741824 are read',
  );
});

test('the format is told by the bytes, not by the ending', async () => {
  await writeSafetensors(path('safetensors.pth'), new Map([['features.conv0.weight', tensor([2])]]));
  expect([...(await readModelWeights(path('safetensors.pth'))).parameters.keys()]).toEqual([
    'picture.features.conv0.weight',
  ]);
});
