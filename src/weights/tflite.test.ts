import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, test } from 'vitest';
import { evaluate, input, type Value } from '../graph/index.ts';
import { openSession } from '../runtime/node/index.ts';
import { InputError } from '../support/errors.ts';
import { Random } from '../support/random.ts';
import { elementCount, type Tensor } from '../support/tensor.ts';
import { pretrainedFile, requirement } from '../support/testing.ts';
import { flatBuffer } from './flatbuffer.test.fixture.ts';
import { readNumpy } from './numpy.ts';
import { sampleNetwork, tfliteFile } from './tflite.test.fixture.ts';
import { parseTfliteModel } from './tflite.ts';
import { parseTflite, tfliteExpression } from './tflite-expression.ts';

const python = process.env.AFFECTLINE_PYTHON ?? '/usr/bin/python3';
const hasInterpreter = requirement('ai-edge-litert (a Python with it, named in AFFECTLINE_PYTHON)', () => {
  execFileSync(python, ['-c', 'import ai_edge_litert.interpreter'], { stdio: 'ignore' });
  return true;
});
const folder = mkdtempSync(join(tmpdir(), 'affectline-tflite-'));
afterAll(() => rmSync(folder, { recursive: true }));

/** Runs TensorFlow Lite's plain kernels on given inputs; writes every tensor as real numbers. */
const script = `
import sys, numpy
from ai_edge_litert.interpreter import Interpreter, OpResolverType
model, given, results = sys.argv[1:]
run = Interpreter(model, experimental_op_resolver_type=OpResolverType.BUILTIN_WITHOUT_DEFAULT_DELEGATES, experimental_preserve_all_tensors=True)
run.allocate_tensors()
details = {d['index']: d for d in run.get_tensor_details()}
def grid(d):
    q = d['quantization_parameters']
    return (q['scales'][0], q['zero_points'][0]) if len(q['scales']) == 1 else (1, 0)
for d in run.get_input_details():
    numbers = numpy.fromfile(given, '<f4').reshape(d['shape'])
    if d['dtype'] != numpy.float32:
        scale, zero = grid(d)
        numbers = numpy.clip(numpy.round(numbers / scale) + zero, numpy.iinfo(d['dtype']).min, numpy.iinfo(d['dtype']).max)
    run.set_tensor(d['index'], numbers.astype(d['dtype']))
run.invoke()
tensors = {}
computed = [i for op in run._get_ops_details() for i in op['outputs']] + [d['index'] for d in run.get_input_details()]
for i in computed:
    scale, zero = grid(details[i])
    tensors[str(i)] = ((run.get_tensor(i).astype('f8') - zero) * scale).astype('f4')
numpy.savez(results, **tensors)
`;

/** From [N, h, w, C] to [N, C, h, w], where there are four axes. */
function channelsFirst({ shape, data }: Tensor): Tensor {
  if (shape.length !== 4) return { shape, data };
  const [count, height, width, channels] = shape as [number, number, number, number];
  const moved = new Float32Array(data.length);
  for (let n = 0; n < count; n++)
    for (let place = 0; place < height * width; place++)
      for (let c = 0; c < channels; c++)
        moved[(n * channels + c) * height * width + place] =
          data[(n * height * width + place) * channels + c]!;
  return { shape: [count, channels, height, width], data: moved };
}

/** What TensorFlow Lite computes of a file from an input: every tensor by its index. */
async function interpreted(bytes: Uint8Array, numbers: Float32Array): Promise<Map<number, Tensor>> {
  const [model, given, results] = ['model.tflite', 'given', 'results.npz'].map((name) => join(folder, name));
  writeFileSync(model!, bytes);
  writeFileSync(given!, numbers);
  execFileSync(python, ['-c', script, model!, given!, results!], { stdio: ['ignore', 'ignore', 'pipe'] });
  return new Map(
    [...(await readNumpy(results!))].map(([name, tensor]) => [Number(name), channelsFirst(tensor)]),
  );
}

const files: [name: string, read: (() => Uint8Array) | undefined][] = [
  ['a network of every operator, float32', () => tfliteFile(sampleNetwork(false))],
  ['a network of every operator, int8', () => tfliteFile(sampleNetwork(true))],
  ...[
    'coral/mobilenet_v1_1.0_224_quant_embedding_extractor.tflite',
    'coral/mobilenet_v2_1.0_224_quant.tflite',
    'coral/tf2_mobilenet_v2_1.0_224_ptq.tflite',
    'yamnet/yamnet_spectra_in.tflite',
  ].map((name): [string, (() => Uint8Array) | undefined] => {
    const path = pretrainedFile(name);
    return [name, path === undefined ? undefined : () => readFileSync(path)];
  }),
];

describe.each(files)('%s', (name, read) => {
  test.skipIf(!hasInterpreter || !read)(
    'every operator gives what TensorFlow Lite gives of the same operands, but for its rounding (needs ai-edge-litert)',
    async () => {
      const bytes = read!();
      const model = parseTfliteModel(bytes);
      const first = model.tensors[model.inputs[0]!]!;
      const random = Random.seeded(1);
      const numbers = Float32Array.from({ length: elementCount(first.shape) }, () => random.normal() * 0.6);
      const theirs = await interpreted(bytes, numbers);
      const given = new Map<number, Value>(
        [...theirs].map(([index, { shape }]) => [index, input(`tensor${index}`, shape)]),
      );
      const { values, parameters } = tfliteExpression(model, { given });
      const outputs = Object.fromEntries(
        model.operators.map(({ output }) => [String(output), values.get(output)!]),
      );
      const session = await openSession(outputs, { parameters });
      const feeds = [...session.inputs.keys()].map((label) => [label, theirs.get(Number(label.slice(6)))!]);
      const ours = await session.run(Object.fromEntries(feeds));
      await session.close();
      for (const { name: operator, output } of model.operators) {
        const { type, quantization } = model.tensors[output]!;
        const rounding = type === 'float32' ? 1e-4 : quantization!.scales[0]!;
        const expected = theirs.get(output)!;
        expect(ours[output]!.shape).toEqual(expected.shape);
        const worst = ours[output]!.data.reduce(
          (most, number, i) => Math.max(most, Math.abs(number - expected.data[i]!)),
          0,
        );
        expect(worst, `${name}, ${operator} → ${output}, in steps`).toBeLessThanOrEqual(1.01 * rounding);
      }
    },
  );
});

const sample = () => sampleNetwork(true);

test('weights become float32 under names by their order, channels before places', () => {
  const parameters = parseTflite(tfliteFile(sample()));
  expect([...parameters].map(([name, { shape }]) => `${name} ${shape}`)).toEqual([
    'convolutions.0.weight 4,3,3,3',
    'convolutions.0.bias 4',
    'convolutions.1.weight 8,1,3,3',
    'convolutions.1.bias 8',
    'convolutions.2.weight 4,8,1,1',
    'convolutions.2.bias 4',
    'linears.0.weight 6,72',
    'linears.0.bias 6',
  ]);
  // q · scale, with the scale of its own channel, at [channel 2, row 1, column 0] of [1, 3, 3, 8]
  const { tensors } = sample();
  const depthwise = tensors.find(({ shape, scales }) => String(shape) === '1,3,3,8' && scales?.length === 8)!;
  const q = new Int8Array(depthwise.data!)[3 * 8 + 2]!;
  const { data } = parameters.get('convolutions.1.weight')!;
  expect(data[2 * 9 + 3]).toBeCloseTo(q * depthwise.scales![2]!, 6);
});

test('a batch gives what its members give', () => {
  const model = parseTfliteModel(tfliteFile(sampleNetwork(false)));
  const random = Random.seeded(2);
  const data = Float32Array.from({ length: 2 * 9 * 8 * 3 }, () => random.normal());
  const run = (batch: number, part: Float32Array) => {
    const { values, parameters } = tfliteExpression(model, { batch });
    const feeds = { ...Object.fromEntries(parameters), input0: { shape: [batch, 3, 9, 8], data: part } };
    return evaluate({ y: values.get(model.outputs[0]!)! }, feeds).y.data;
  };
  const both = [...run(1, data.subarray(0, 216)), ...run(1, data.subarray(216))];
  run(2, data).forEach((value, i) => {
    expect(value).toBeCloseTo(both[i]!, 10);
  });
});

const bytesOf = (change: (network: ReturnType<typeof sample>) => object) =>
  tfliteFile({ ...sample(), ...change(sample()) });
test.each<[string, () => Uint8Array, string]>([
  ['nothing', () => new Uint8Array(0), 'it does not begin with the mark TFL3'],
  ['a file cut off', () => tfliteFile(sample()).subarray(0, 500), 'it is damaged'],
  [
    'a size of 0',
    () => bytesOf(({ tensors }) => ({ tensors: tensors.with(0, { shape: [1, 0, 8, 3], type: 'float32' }) })),
    "tensor 'tensor 0': its shape [1,0,8,3] is not of sizes from 1",
  ],
  [
    'numbers missing',
    () =>
      bytesOf(({ tensors }) => ({
        tensors: tensors.map((t) => (t.data ? { ...t, data: t.data.subarray(1) } : t)),
      })),
    'does not take the',
  ],
  [
    'a scale of 0',
    () => bytesOf(({ tensors }) => ({ tensors: tensors.map((t) => (t.scales ? { ...t, scales: [0] } : t)) })),
    'its scales are not positive numbers',
  ],
  [
    'scales that are no numbers',
    () =>
      bytesOf(({ tensors }) => ({
        tensors: tensors.map((t) => (t.scales ? { ...t, scales: [Number.NaN] } : t)),
      })),
    'its scales are not positive numbers',
  ],
  [
    'more scales than channels',
    () =>
      bytesOf(({ tensors }) => ({ tensors: tensors.map((t) => (t.scales ? { ...t, scales: [1, 1] } : t)) })),
    'it has 2 scales for axis 0',
  ],
  [
    'an operator before what it needs',
    () => bytesOf(({ operators }) => ({ operators: operators.toReversed() })),
    'which nothing gives before it',
  ],
  [
    'a tensor given twice',
    () => bytesOf(({ operators }) => ({ operators: [operators[0], ...operators] })),
    'which is none or given already',
  ],
  ['no output', () => bytesOf(() => ({ outputs: [] })), 'it has no inputs or no outputs'],
  [
    'an output of nothing',
    () => bytesOf(() => ({ outputs: [9999] })),
    'its output 9999 is computed by nothing',
  ],
  [
    'a shape that is not what is computed',
    () =>
      bytesOf(({ tensors, operators }) => {
        const sum = operators.find(({ name }) => name === 'ADD')!.output;
        return { tensors: tensors.with(sum, { ...tensors[sum]!, shape: [1, 5, 4, 5] }) };
      }),
    '(ADD): gives [1,4,5,4], its tensor is [1,5,5,4]',
  ],
])('refuses %s', (_, file, message) => {
  expect(() => parseTflite(file())).toThrow(InputError);
  expect(() => parseTflite(file())).toThrow(message);
});

const operatorCode = (code: number, custom?: string): Uint8Array =>
  flatBuffer(
    {
      0: { int32: 3 },
      1: {
        tables: [
          { 0: { uint8: Math.min(code, 127) }, ...(custom && { 1: { text: custom } }), 3: { int32: code } },
        ],
      },
      2: {
        tables: [
          {
            0: { tables: [{ 0: { int32s: [1] } }, { 0: { int32s: [1] } }] },
            1: { int32s: [0] },
            2: { int32s: [1] },
            3: { tables: [{ 1: { int32s: [0] }, 2: { int32s: [1] } }] },
          },
        ],
      },
      4: { tables: [{}] },
    },
    'TFL3',
  );

test('operators that are not read are named, and the files of Edge TPUs told', () => {
  expect(() => parseTflite(operatorCode(32, 'edgetpu-custom-op'))).toThrow(
    "custom operator 'edgetpu-custom-op': compiled for an Edge TPU",
  );
  expect(() => parseTflite(operatorCode(32, 'Mine'))).toThrow("custom operator 'Mine'");
  expect(() => parseTflite(operatorCode(150))).toThrow('an operator of number 150; read are: ADD,');
});
