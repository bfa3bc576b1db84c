import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync, truncateSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { describeNetwork, randomParameters } from '../networks/index.ts';
import { writeSafetensors } from '../weights/index.ts';
import { allParameters } from './model.ts';
import { readModel } from './model-folder.ts';

const folder = mkdtempSync(join(tmpdir(), 'affectline-model-'));
const description = {
  name: 'tiny',
  preset: 'compact',
  trained: 'nothing much',
  streams: ['picture', 'sound'],
};
const network = describeNetwork({ preset: 'compact', streams: ['picture', 'sound'] });
const parameters = randomParameters(allParameters(network), 7);

function describeAs(content: unknown) {
  writeFileSync(join(folder, 'model.json'), typeof content === 'string' ? content : JSON.stringify(content));
}

beforeAll(() => writeSafetensors(join(folder, 'model.safetensors'), parameters, {}));
afterAll(() => rmSync(folder, { recursive: true }));

test('a model comes back as it was written', async () => {
  describeAs(description);
  const model = await readModel(folder);
  const { streams: _, ...given } = description;
  expect(model.description).toEqual({
    ...given,
    synthetic: false,
    scale: [1, 5],
    contentHash: expect.stringMatching(/^sha256:[0-9a-f]{64}$/),
  });
  expect(model.network).toEqual(network);
  expect(model.regression).toEqual(parameters);
});

test.each([
  ['not JSON', '{', /model\.json: is not JSON/],
  ['another preset', { ...description, preset: 'papr' }, /model\.json: preset: .*"paper"\|"compact"/],
  ['not saying what it was trained on', { name: 'x', preset: 'paper' }, /model\.json: trained: /],
  ['an option that there is not', { ...description, stream: 'flow' }, /model\.json: .*"stream"/],
  ['a scale upside down', { ...description, scale: [5, 1] }, /model\.json: scale: the lower end/],
  [
    'weights of another network',
    { ...description, preset: 'paper' },
    /model\.safetensors do not fit .*\n.* missing: /,
  ],
])('%s is refused by name', async (_, content, message) => {
  describeAs(content);
  await expect(readModel(folder)).rejects.toMatchObject({
    name: 'InputError',
    message: expect.stringMatching(message),
  });
});

test('a folder without a model is refused by name', async () => {
  await expect(readModel(join(folder, 'elsewhere'))).rejects.toThrow(/elsewhere.model\.json: no such file/);
});

test.skipIf(process.platform === 'win32')(
  'a pipe or a giant in place of model.json is refused at once',
  async () => {
    const file = join(folder, 'model.json');
    rmSync(file, { force: true });
    execFileSync('mkfifo', [file]);
    await expect(readModel(folder)).rejects.toThrow(`'${file}' is not a file`);
    rmSync(file);
    writeFileSync(file, '');
    truncateSync(file, 2 ** 31);
    await expect(readModel(folder)).rejects.toThrow('has 2147483648 bytes; at most 1048576 are read');
    rmSync(file);
  },
);

test('weights that are no numbers are refused by name', async () => {
  describeAs(description);
  const broken = new Map(parameters);
  const { shape } = parameters.get('regression.bias')!;
  broken.set('regression.bias', { shape, data: Float32Array.of(Number.NaN, 0) });
  await writeSafetensors(join(folder, 'model.safetensors'), broken, {});
  await expect(readModel(folder)).rejects.toThrow("'regression.bias' holds NaN");
});
