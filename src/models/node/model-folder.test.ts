import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, truncateSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { inputsOfSecond, randomParameters, temporalParameters } from '../../networks/index.ts';
import { preprocessingFor } from '../../streams/index.ts';
import { describeNetwork, networkParameters } from '../index.ts';
import { readModel, writeModel } from './index.ts';

const root = mkdtempSync(join(tmpdir(), 'affectline-model-'));
const folder = join(root, 'run', 'best');
const file = join(folder, 'model.json');
const network = describeNetwork({ preset: 'compact', streams: ['picture', 'sound'] });
const parameters = randomParameters(networkParameters(network), 7);
const preprocessing = preprocessingFor('compact', 'frames');
const given = { name: 'tiny', trained: 'nothing much', synthetic: false };
const bytesOf = ({ buffer, byteOffset, byteLength }: Float32Array) =>
  new Uint8Array(buffer, byteOffset, byteLength);
let written: string;

beforeAll(async () => {
  await writeModel(folder, { ...given, network, preprocessing, parameters });
  written = readFileSync(file, 'utf8');
});
beforeEach(() => writeFileSync(file, written));
afterAll(() => rmSync(root, { recursive: true }));

/** The description with some keys changed. */
function describeAs(change: (description: ReturnType<typeof JSON.parse>) => unknown) {
  const description = JSON.parse(written);
  const changed = change(description) ?? description;
  writeFileSync(file, typeof changed === 'string' ? changed : JSON.stringify(changed));
}

test('a model comes back as it was written, from its own folder and from that of its run', async () => {
  for (const path of [folder, join(root, 'run')]) {
    const model = await readModel(path);
    expect(model.description).toEqual({
      ...given,
      preset: 'compact',
      scale: [1, 5],
      contentHash: expect.stringMatching(/^sha256:[0-9a-f]{64}$/),
    });
    expect(model.network).toEqual(network);
    expect(model.preprocessing).toEqual(preprocessing);
    expect([...model.parameters.keys()]).toEqual([...parameters.keys()]);
    for (const [name, { shape, data }] of parameters) {
      const found = model.parameters.get(name)!;
      expect(found.shape).toEqual(shape);
      expect(Buffer.compare(bytesOf(found.data), bytesOf(data)), name).toBe(0);
    }
  }
});

test('a fusion over time is told of where there is one; a description without the key is of one over space', async () => {
  const overTime = describeNetwork({
    preset: 'compact',
    streams: ['picture'],
    fusionConvolution: 'space-time',
  });
  const place = join(root, 'over-time');
  const own = randomParameters(networkParameters(overTime), 7);
  await writeModel(place, { ...given, network: overTime, preprocessing, parameters: own });
  expect((await readModel(place)).network).toEqual(overTime);
  const { shape } = own.get('fusion.conv.weight')!;
  expect(shape).toEqual([128, 3 * 150, 3, 3]);
  expect(written).not.toContain('fusionConvolution');
  expect((await readModel(folder)).network.fusionConvolution).toBe('space');
  describeAs(({ network: of }) => {
    of.fusionConvolution = 'time';
  });
  await expect(readModel(folder)).rejects.toThrow('network.fusionConvolution: ');
});

test('another name is another content hash; the same model has the same', async () => {
  const { contentHash } = (await readModel(folder)).description;
  await writeModel(join(root, 'again'), { ...given, network, preprocessing, parameters });
  expect((await readModel(join(root, 'again'))).description.contentHash).toBe(contentHash);
  describeAs((description) => {
    description.name = 'other';
  });
  expect((await readModel(folder)).description.contentHash).not.toBe(contentHash);
});

type Change = Parameters<typeof describeAs>[0];
const wrong: [string, Change, RegExp][] = [
  ['not JSON', () => '{', /model\.json: is not JSON/],
  [
    'another preset',
    (of) => void Object.assign(of.network, { preset: 'papr' }),
    /model\.json: network\.preset: .*"paper"\|"compact"/,
  ],
  ['not saying what it was trained on', (of) => void delete of.trained, /model\.json: trained: /],
  [
    'an option that there is not',
    (of) => void Object.assign(of, { stream: 'flow' }),
    /model\.json: .*"stream"/,
  ],
  [
    'a scale upside down',
    (of) => void Object.assign(of, { scale: [5, 1] }),
    /model\.json: scale: the lower end/,
  ],
  [
    'a later schema',
    (of) => void Object.assign(of, { schema: 99 }),
    /model\.json: schema 99; this version reads 2/,
  ],
  [
    'a schema of before, whose flow was another',
    (of) => void Object.assign(of, { schema: 1 }),
    /model\.json: schema 1; this version reads 2: train the model again/,
  ],
  [
    'an earlier form',
    (of) => void delete of.schema,
    /model\.json: schema is missing; .*train the model again/,
  ],
  [
    'a stream that there is not',
    (of) => void Object.assign(of.network, { streams: ['faces'] }),
    /model\.json: unknown stream 'faces'; one of: flow, picture, sound, color/,
  ],
  [
    'a sampling that this version cannot do',
    (of) => void Object.assign(of.preprocessing, { sampling: 'shots' }),
    /model\.json: preprocessing\.sampling: .*this version cannot prepare films as this model needs them/,
  ],
  [
    'a preprocessing that this version does not know',
    (of) => void Object.assign(of.preprocessing, { stabilized: true }),
    /model\.json: preprocessing: .*"stabilized".*this version cannot prepare films/,
  ],
  [
    'another sample rate',
    (of) => void Object.assign(of.preprocessing.sound, { sampleRate: 48_000 }),
    /model\.json: preprocessing\.sound\.sampleRate: .*this version cannot prepare films/,
  ],
  [
    'weights of another network',
    (of) => void Object.assign(of.network, { preset: 'paper' }),
    /model\.safetensors do not fit .*\n.* missing: /,
  ],
  [
    'weights of another file',
    (of) => void Object.assign(of.weights, { contentHash: `sha256:${'0'.repeat(64)}` }),
    /model\.safetensors is not the file that .*model\.json describes/,
  ],
];

test.each(wrong)('%s is refused by name', async (_, change, message) => {
  describeAs(change);
  await expect(readModel(folder)).rejects.toMatchObject({
    name: 'InputError',
    message: expect.stringMatching(message),
  });
});

describe('a head over time', () => {
  const temporal = { channels: 4, dilations: [1, 2], causal: true };
  const own = join(root, 'temporal');
  const heads = randomParameters(temporalParameters(temporal, inputsOfSecond(network)), 8);
  beforeAll(() =>
    writeModel(own, {
      ...given,
      ...{ network, temporal, preprocessing },
      parameters: new Map([...parameters, ...heads]),
    }),
  );

  test('comes back as it was written, with its weights', async () => {
    const model = await readModel(own);
    expect(model.temporal).toEqual(temporal);
    for (const [name, tensor] of heads) expect(model.head.get(name)).toEqual(tensor);
    expect((await readModel(folder)).temporal).toBeUndefined();
  });

  test.each([
    ['of another kind', { kind: 'recurrent' }, /model\.json: head\.kind: .*"temporal"/],
    ['without dilations', { dilations: [] }, /model\.json: head\.dilations: /],
    ['with half a second', { dilations: [0.5] }, /model\.json: head\.dilations\.0: /],
    ['that reaches too far', { dilations: [400, 400] }, /model\.json: head: .*no farther than 600 s/],
    ['with a key that there is not', { window: 3 }, /model\.json: head: .*"window"/],
    ['that does not say what it sees', { causal: undefined }, /model\.json: head\.causal: /],
    [
      'of another size than its weights',
      { channels: 5 },
      /model\.safetensors do not fit .*\n.* of another shape/,
    ],
    ['that reaches farther than its weights', { dilations: [1, 2, 4] }, /2 missing: 'temporal\.layers\.2/],
  ])('%s is refused by name', async (_, change, message) => {
    const path = join(own, 'model.json');
    const text = readFileSync(path, 'utf8');
    const description = JSON.parse(text);
    writeFileSync(path, JSON.stringify({ ...description, head: { ...description.head, ...change } }));
    try {
      await expect(readModel(own)).rejects.toThrow(message);
    } finally {
      writeFileSync(path, text);
    }
  });
});

test('one changed bit of the weights is told', async () => {
  const weights = join(root, 'rotten', 'model.safetensors');
  await writeModel(join(root, 'rotten'), { ...given, network, preprocessing, parameters });
  const bytes = readFileSync(weights);
  bytes[bytes.length - 5]! ^= 1;
  writeFileSync(weights, bytes);
  await expect(readModel(join(root, 'rotten'))).rejects.toThrow(/is not the file that/);
});

test('a folder without a model is refused by name', async () => {
  await expect(readModel(join(folder, 'elsewhere'))).rejects.toThrow(/elsewhere.model\.json: no such file/);
});

test.skipIf(process.platform === 'win32')(
  'a pipe or a giant in place of model.json is refused at once',
  async () => {
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
  const broken = new Map(parameters);
  const { shape } = parameters.get('regression.bias')!;
  broken.set('regression.bias', { shape, data: Float32Array.of(Number.NaN, 0) });
  const own = join(root, 'broken');
  await writeModel(own, { ...given, network, preprocessing, parameters: broken });
  await expect(readModel(own)).rejects.toThrow("'regression.bias' holds NaN");
});
