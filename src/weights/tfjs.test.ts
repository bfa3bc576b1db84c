import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, test } from 'vitest';
import { evaluate } from '../graph/index.ts';
import { openSession } from '../runtime/node/index.ts';
import { InputError } from '../support/errors.ts';
import { Random } from '../support/random.ts';
import { sampleModel, sampleResults, shard } from './tfjs.test.fixture.ts';
import { graphModelFiles, parseGraphModel, readGraphModel } from './tfjs.ts';
import { graphModelExpression } from './tfjs-expression.ts';

const folder = mkdtempSync(join(tmpdir(), 'affectline-tfjs-'));
afterAll(() => rmSync(folder, { recursive: true }));

/** [1, 7, 10, 3] as the file has it, and [1, 3, 7, 10]. */
function picture() {
  const random = Random.seeded(5);
  const last = Float32Array.from({ length: 210 }, () => random.normal());
  const first = Float32Array.from({ length: 210 }, (_, i) => last[(i % 70) * 3 + Math.floor(i / 70)]!);
  return { last, first: { shape: [1, 3, 7, 10], data: first } };
}

function refused(change: Parameters<typeof sampleModel>[0]): string {
  const { json, shards } = sampleModel(change);
  try {
    graphModelExpression(parseGraphModel(json, shards));
  } catch (error) {
    if (error instanceof InputError) return error.message;
    throw error;
  }
  return 'read';
}

test('a graph model computes what its operations say, place by place', async () => {
  const { json, shards, weights } = sampleModel();
  const { outputs, parameters } = graphModelExpression(parseGraphModel(json, shards));
  expect(outputs.map(({ shape }) => shape)).toEqual([
    [1, 12, 3],
    [1, 6],
  ]);
  const { last, first } = picture();
  const expected = sampleResults(last, weights);
  const [rows, shares] = outputs as [(typeof outputs)[0], (typeof outputs)[0]];
  const session = await openSession({ rows, shares }, { parameters });
  const computed = await session.run({ input0: first });
  await session.close();
  const exact = evaluate({ rows, shares }, { input0: first, ...Object.fromEntries(parameters) });
  for (const [i, name] of (['rows', 'shares'] as const).entries())
    for (const [place, value] of expected[i]!.entries()) {
      expect(exact[name]!.data[place]).toBeCloseTo(value, 5);
      expect(computed[name]!.data[place]).toBeCloseTo(value, 5);
    }
});

test('a graph model is read from its files', async () => {
  const { json, shards } = sampleModel();
  const path = join(folder, 'model.json');
  writeFileSync(path, json);
  await expect(readGraphModel(path)).rejects.toThrow(/weight file '.*sample\.bin': no such file/);
  writeFileSync(join(folder, shard), shards.get(shard)!);
  expect((await readGraphModel(path)).inputs).toEqual(['x']);
  expect(await graphModelFiles(path)).toEqual([path, join(folder, shard)]);
});

test('what is not read is named', () => {
  expect(refused(() => {})).toBe('read');
  expect(refused(({ modelTopology: { node } }) => (node.at(-1)!.op = 'Erf'))).toMatch(
    /^node 'shares' \('Erf'\): is an operation that is not read; read are: Placeholder, /,
  );
  expect(refused(({ modelTopology: { node } }) => (node.at(-1)!.input = ['result/1']))).toBe(
    "node 'result/1' ('Identity'): takes what it gives",
  );
  expect(refused(({ modelTopology: { node } }) => (node.at(-1)!.input = ['nobody']))).toBe(
    "node 'shares': takes 'nobody', which is not there",
  );
  expect(
    refused(({ weightsManifest: [group] }) => (group!.weights[0]!.quantization = { dtype: 'uint8' })),
  ).toBe("weight 'w1': is quantized; float32 and int32 are read");
  expect(refused(({ weightsManifest: [group] }) => (group!.weights[0]!.shape = [3, 3, 3, 400]))).toMatch(
    /^weight 'w1': reaches to byte 43200 of \d+; a file of weights was cut off$/,
  );
  expect(refused(({ weightsManifest: [group] }) => (group!.weights.at(-1)!.name = 'other'))).toMatch(
    /^node 'axes': is constant/,
  );
  expect(refused(({ weightsManifest: [group] }) => (group!.paths = ['../sample.bin']))).toBe(
    "its weights '../sample.bin' are not given",
  );
  const strided: Parameters<typeof sampleModel>[0] = ({ modelTopology: { node } }) => {
    node.find(({ name }) => name === 'each')!.attr!.strides = { list: { i: ['1', '0', '1', '1'] } };
  };
  expect(refused(strided)).toBe(
    "node 'each' ('DepthwiseConv2dNative'): its strides are not four sizes from 1",
  );
  expect(() => parseGraphModel('{"format": 1, "format": "graph-model"}', new Map())).toThrow('twice');
  expect(() => parseGraphModel('{}', new Map())).toThrow("is not a graph model of TensorFlow.js: 'format'");
});

test('a file of weights beside the model is none elsewhere', async () => {
  const path = join(folder, 'outside.json');
  writeFileSync(path, sampleModel(({ weightsManifest: [group] }) => (group!.paths = ['../sample.bin'])).json);
  await expect(readGraphModel(path)).rejects.toThrow("its weights '../sample.bin' do not lie beside it");
});

test('damaged models are refused, whatever is changed', () => {
  const { json, shards } = sampleModel();
  const random = Random.seeded(3);
  let refusals = 0;
  for (let i = 0; i < 400; i++) {
    const place = random.integer(json.length);
    const character = String.fromCharCode(32 + random.integer(95));
    const damaged = json.slice(0, place) + character + json.slice(place + 1 + random.integer(3));
    try {
      graphModelExpression(parseGraphModel(damaged, shards));
    } catch (error) {
      expect(error).toBeInstanceOf(InputError);
      refusals++;
    }
  }
  expect(refusals).toBeGreaterThan(200);
});
