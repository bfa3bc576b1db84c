import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, truncateSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, test } from 'vitest';
import { requirement } from '../support/testing.ts';
import { readWeights } from './read.ts';
import { readSafetensors, writeSafetensors } from './safetensors.ts';

const folder = mkdtempSync(join(tmpdir(), 'affectline-shards-'));
afterAll(() => rmSync(folder, { recursive: true }));
const path = (name: string) => join(folder, name);
const index = path('model.safetensors.index.json');

const tensor = (...numbers: number[]) => ({ shape: [numbers.length], data: Float32Array.from(numbers) });
const first = 'model-00001-of-00002.safetensors';
const second = 'model-00002-of-00002.safetensors';
await writeSafetensors(path(first), new Map([['a', tensor(1, 2)]]));
await writeSafetensors(
  path(second),
  new Map([
    ['c', tensor(4)],
    ['b', tensor(3)],
  ]),
);
const good = { a: first, b: second, c: second };
const write = (weight_map: unknown, more = {}) =>
  writeFileSync(index, JSON.stringify({ weight_map, ...more }));

test('parameters of several files are read by their index, in its order', async () => {
  write(good, { metadata: { total_size: 16 } });
  const tensors = await readWeights(index);
  expect([...tensors].map(([name, { data }]) => [name, ...data])).toEqual([
    ['a', 1, 2],
    ['b', 3],
    ['c', 4],
  ]);
});

mkdirSync(path('inner'));
test.each<[string, unknown, string]>([
  [
    'a file that is missing',
    { ...good, a: 'none.safetensors' },
    "the file 'none.safetensors' is missing beside it",
  ],
  ['a parameter that its file lacks', { ...good, d: first }, `'${first}' lacks the parameter 'd'`],
  [
    'a parameter that it does not name',
    { a: first, b: second },
    `'${second}' holds 'c', which the index does not say`,
  ],
  ['a path out of its folder', { ...good, a: '../x.safetensors' }, "'../x.safetensors' is not the name of"],
  ['a path into another folder', { ...good, a: 'inner/x.safetensors' }, 'is not the name of'],
  ['an absolute path', { ...good, a: path(first) }, 'is not the name of'],
  ['a file of another kind', { ...good, a: 'x.pth' }, 'is not the name of'],
  ['what is no map', [first], 'has no weight_map'],
  ['numbers for files', { a: 1 }, 'has no weight_map'],
])('an index with %s is refused', async (_, map, message) => {
  write(map);
  await expect(readWeights(index)).rejects.toThrow(message);
});

test('an index that is not JSON, names something twice or is large is refused', async () => {
  writeFileSync(index, '{');
  await expect(readWeights(index)).rejects.toThrow('is not JSON');
  writeFileSync(index, `{"weight_map": {"a": "${first}", "a": "${second}"}}`);
  await expect(readWeights(index)).rejects.toThrow("names 'a' twice");
  truncateSync(index, 9e6);
  await expect(readWeights(index)).rejects.toThrow('has 9000000 bytes; at most 8388608 are read');
});

test('files that are too large together are refused before they are read', async () => {
  for (const name of ['x.safetensors', 'y.safetensors']) {
    writeFileSync(path(name), '');
    truncateSync(path(name), 6e8);
  }
  write({ a: 'x.safetensors', b: 'y.safetensors' });
  await expect(readWeights(index)).rejects.toThrow('its files have 1200000000 bytes');
});

const python = process.env.AFFECTLINE_PYTHON ?? '/usr/bin/python3';
const hasReference = requirement('safetensors (a Python with it, named in AFFECTLINE_PYTHON)', () => {
  execFileSync(python, ['-c', 'import safetensors.numpy'], { stdio: 'ignore' });
  return true;
});

test.skipIf(!hasReference)(
  'the reference reads what we write, and we what it writes (needs safetensors)',
  async () => {
    const script = `
import sys, numpy
from safetensors.numpy import load_file, save_file
tensors = load_file(sys.argv[1])
assert tensors['c'].tolist() == [4] and tensors['b'].tolist() == [3], tensors
save_file({'half': numpy.array([[1.5, -2]], 'f2'), 'whole': numpy.array([7], 'i8')}, sys.argv[2], metadata={'a': 'b'})
`;
    execFileSync(python, ['-c', script, path(second), path('theirs.safetensors')]);
    const theirs = await readSafetensors(path('theirs.safetensors'));
    expect([...theirs.get('half')!.data]).toEqual([1.5, -2]);
    expect(theirs.get('half')!.shape).toEqual([1, 2]);
    expect([...theirs.get('whole')!.data]).toEqual([7]);
  },
);
