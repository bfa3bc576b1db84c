import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeEach, expect, test, vi } from 'vitest';
import { InputError } from '../support/errors.ts';
import { pretrainedFile, pythonHas, requirement } from '../support/testing.ts';
import { readSafetensors, readSafetensorsMetadata, writeSafetensors } from '../weights/index.ts';
import { weightsCommand } from './weights.ts';

const folder = mkdtempSync(join(tmpdir(), 'affectline-weights-'));
afterAll(() => rmSync(folder, { recursive: true }));
const path = (name: string) => join(folder, name);

let printed: string;
let told: string;
beforeEach(() => {
  printed = '';
  told = '';
  vi.stubEnv('AFFECTLINE_CACHE', path('cache'));
  vi.spyOn(process.stdout, 'write').mockImplementation((text) => {
    printed += text;
    return true;
  });
  vi.spyOn(process.stderr, 'write').mockImplementation((text) => {
    told += text;
    return true;
  });
});
afterEach(() => {
  vi.restoreAllMocks();
  vi.unstubAllEnvs();
});

const run = (...given: string[]) => weightsCommand().parseAsync(given, { from: 'user' });

test('list shows every file, where it comes from, and whether it is here', async () => {
  mkdirSync(path('cache/weights'), { recursive: true });
  writeFileSync(path('cache/weights/sound8.npy'), 'x');
  await run('list', '--json');
  const lines = printed
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line));
  expect(lines.map(({ name, stream, sha256, cached }) => [name, stream, sha256, cached])).toEqual([
    ['densenet121', 'picture', 'a639ec97', false],
    ['densenet121.tv_in1k', 'picture', null, false],
    ['alexnet', 'flow', '7be5be79', false],
    ['soundnet8', 'sound', null, true],
    ['mobilenet1', 'picture', expect.stringMatching(/^f409ef4f[0-9a-f]{56}$/), false],
    ['mobilenet2', 'picture', expect.stringMatching(/^7aad0c74[0-9a-f]{56}$/), false],
    ['mobilenet2.tf2', 'picture', expect.stringMatching(/^5d313724[0-9a-f]{56}$/), false],
    ['yamnet', 'sound', expect.stringMatching(/^0a266465[0-9a-f]{56}$/), false],
  ]);
  expect(lines.every(({ url }) => url.startsWith('https://'))).toBe(true);
  printed = '';
  await run('list');
  expect(printed).toContain('sound8.npy (0.0 MB)');
  expect(printed).toContain('SHA-256 a639ec97… published; all of that of the first fetch will be kept to');
  expect(printed).toContain('google-coral/test_data (Apache-2.0)');
});

test('get prints where a file is; offline it does not go looking for one', async () => {
  mkdirSync(path('cache/weights'), { recursive: true });
  writeFileSync(path('cache/weights/sound8.npy'), 'x');
  await run('get', 'soundnet8', '--offline');
  expect(printed).toBe(`${path('cache/weights/sound8.npy')}\n`);
  const trusted = createHash('sha256').update('x').digest('hex');
  expect(told).toBe(`soundnet8: trusted as it came, SHA-256 ${trusted}\n`);
  printed = '';
  await run('list');
  expect(printed).toContain(`SHA-256 ${trusted}, as first fetched`);
  await expect(run('get', 'alexnet', '--offline')).rejects.toThrow(
    /alexnet is not in the cache, and --offline forbids fetching it; put https:\S+ at \S+alexnet-owt-7be5be79\.pth/,
  );
  await expect(run('get', 'alexnett')).rejects.toThrow(
    "unknown pretrained file 'alexnett'; one of: densenet121",
  );
});

const weight = { shape: [2], data: new Float32Array([1, 0.1]) };

test('convert renames, says so, and never overwrites unasked', async () => {
  await writeSafetensors(path('a.safetensors'), new Map([['module.features.conv0.weight', weight]]));
  await run('convert', path('a.safetensors'), '--out', path('b.safetensors'));
  expect(printed).toBe('module.features.conv0.weight → picture.features.conv0.weight\n');
  expect(await readSafetensors(path('b.safetensors'))).toEqual(
    new Map([['picture.features.conv0.weight', weight]]),
  );
  expect(await readSafetensorsMetadata(path('b.safetensors'))).toEqual(
    new Map([['source', 'a.safetensors']]),
  );
  const before = readFileSync(path('b.safetensors'));
  const again = ['convert', path('a.safetensors'), '-o', path('b.safetensors'), '--half', '--json'];
  await expect(run(...again)).rejects.toThrow(/b\.safetensors is there already; -y overwrites it/);
  await expect(run('convert', path('a.safetensors'))).rejects.toThrow(InputError);
  expect(readFileSync(path('b.safetensors'))).toEqual(before);
  printed = '';
  await run(...again, '-y');
  expect(JSON.parse(printed)).toEqual({
    file: path('a.safetensors'),
    out: path('b.safetensors'),
    parameters: 1,
    renamed: { 'module.features.conv0.weight': 'picture.features.conv0.weight' },
    leftOut: [],
  });
  const half = (await readSafetensors(path('b.safetensors'))).get('picture.features.conv0.weight')!;
  expect([...half.data]).toEqual([1, 0.0999755859375]);
});

const hasTorch = requirement('PyTorch (python3-torch)', () => pythonHas('/usr/bin/python3', 'torch'));

test.skipIf(!hasTorch)('convert takes a .pth and writes beside it (needs PyTorch)', async () => {
  const script = `import torch; torch.save({'features.10.weight': torch.ones(2), 'classifier.1.bias': torch.ones(1)}, ${JSON.stringify(path('a.pth'))})`;
  execFileSync('/usr/bin/python3', ['-c', script]);
  rmSync(path('a.safetensors'), { force: true });
  await run('convert', path('a.pth'));
  expect(printed).toBe('features.10.weight → flow.features.10.weight\nclassifier.1.bias left out\n');
  expect(existsSync(path('a.safetensors'))).toBe(true);
});

const mobilenet = pretrainedFile('coral/mobilenet_v1_1.0_224_quant_embedding_extractor.tflite');

test.skipIf(!mobilenet)('convert takes a .tflite (needs ../shared/models)', async () => {
  await run('convert', mobilenet!, '-o', path('mobilenet.safetensors'), '--json');
  expect(JSON.parse(printed)).toMatchObject({ parameters: 54, leftOut: [] });
  const tensors = await readSafetensors(path('mobilenet.safetensors'));
  expect(tensors.get('picture.convolutions.1.weight')!.shape).toEqual([32, 1, 3, 3]);
});
