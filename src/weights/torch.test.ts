import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { InputError } from '../support/errors.ts';
import type { Tensor } from '../support/tensor.ts';
import { pythonHas, requirement } from '../support/testing.ts';
import { readSafetensors } from './safetensors.ts';
import {
  bytesOf,
  dictionary,
  global,
  integer,
  type Piece,
  pickle,
  reduce,
  text,
  torchLegacy,
  tuple,
} from './samples.test.fixture.ts';
import { parseTorch, readTorch } from './torch.ts';

const python = '/usr/bin/python3';
const hasTorch = requirement('PyTorch (python3-torch, python3-torchvision)', () =>
  pythonHas(python, 'torch', 'torchvision'),
);

const folder = mkdtempSync(join(tmpdir(), 'affectline-torch-'));
afterAll(() => rmSync(folder, { recursive: true }));

/**
 * Writes `NAME.pth` (zip), `NAME.legacy.pth` and, with json and numpy alone, the same numbers as row-major float32 in
 * `NAME.safetensors`, whose reader has tests of its own.
 */
const script = `
import sys, os, json, struct, collections, zipfile, io
import numpy, torch, torchvision
folder = sys.argv[1]
torch.manual_seed(1)

def save(name, tensors, wrap=lambda d: d, **options):
    torch.save(wrap(tensors), os.path.join(folder, name + '.pth'), **options)
    torch.save(wrap(tensors), os.path.join(folder, name + '.legacy.pth'), _use_new_zipfile_serialization=False, **options)
    header, data = {}, b''
    for key, tensor in tensors.items():
        numbers = tensor.detach().to(torch.float64).numpy().astype('<f4').tobytes(order='C')
        header[key] = {'dtype': 'F32', 'shape': list(tensor.shape), 'data_offsets': [len(data), len(data) + len(numbers)]}
        data += numbers
    text = json.dumps(header).encode()
    with open(os.path.join(folder, name + '.safetensors'), 'wb') as file:
        file.write(struct.pack('<Q', len(text)) + text + data)

def types():
    values = torch.tensor([[1.5, -2.25, 3e-6], [60000.0, -0.0, 0.333]], dtype=torch.float64)
    result = {}
    for name in ['float64', 'float32', 'float16', 'bfloat16', 'int64', 'int32', 'int16', 'int8', 'uint8', 'bool']:
        result[name] = values.remainder(100).to(getattr(torch, name))
    result['scalar'] = torch.tensor(7, dtype=torch.int64)
    result['empty'] = torch.zeros(0, 3)
    return result

def views():
    base = torch.arange(120, dtype=torch.float32).reshape(2, 3, 4, 5)
    half = torch.arange(24).reshape(4, 6).half()
    return {
        'whole': base, 'transposed': base.permute(3, 1, 0, 2), 'part': base[1:, 1:, ::2, 1:4],
        'row': base[1, 2], 'column': base[..., 3], 'shared': base.view(6, 20), 'expanded': base[:, :1, :1, :1].expand(2, 7, 1, 3),
        'half transposed': half.t(), 'half part': half[1:3, ::3], 'channels last': base.contiguous(memory_format=torch.channels_last),
    }

save('types', types())
save('views', views())
save('parameters', {'weight': torch.nn.Parameter(torch.randn(3, 4)), 'bias': torch.randn(3)})
save('protocol4', types(), pickle_protocol=4)
model = torchvision.models.densenet121()
save('densenet121', model.state_dict())
checkpoint = {'epoch': 3, 'loss': 0.25, 'note': 'ü', 'done': False, 'none': None, 'big': 2 ** 80, 'milestones': [10, 20]}
small = torch.nn.Sequential(torch.nn.Conv2d(3, 4, 3), torch.nn.BatchNorm2d(4))
optimizer = torch.optim.Adam(small.parameters())
small(torch.randn(2, 3, 8, 8)).sum().backward(); optimizer.step()
for key in ['state_dict', 'model_state_dict', 'model']:
    save(key, small.state_dict(), lambda d: {**checkpoint, key: d, 'optimizer': optimizer.state_dict()})
torch.save(torchvision.models.alexnet().features.state_dict(), os.path.join(folder, 'alexnet.pth'))
torch.save(small, os.path.join(folder, 'module.pth'))
torch.save({'epoch': 3}, os.path.join(folder, 'nothing.pth'))
torch.jit.script(small).save(os.path.join(folder, 'script.pth'))
archive = zipfile.ZipFile(os.path.join(folder, 'views.pth'))
with zipfile.ZipFile(os.path.join(folder, 'deflated.pth'), 'w', zipfile.ZIP_DEFLATED) as deflated:
    for info in archive.infolist():
        with deflated.open(info.filename, 'w', force_zip64=True) as entry:
            entry.write(archive.read(info))
    deflated.comment = b'a comment'
`;

beforeAll(() => {
  if (hasTorch) execFileSync(python, ['-c', script, folder], { stdio: ['ignore', 'ignore', 'inherit'] });
});

/** Names, shapes and a hash of the numbers' bytes: comparing millions of numbers one by one takes a minute. */
function summary(tensors: ReadonlyMap<string, Tensor>): string[] {
  return [...tensors].map(
    ([name, { shape, data }]) =>
      `${name} [${shape}] ${createHash('sha256')
        .update(new Uint8Array(data.buffer, data.byteOffset, data.byteLength))
        .digest('hex')}`,
  );
}

const path = (name: string) => join(folder, name);

test
  .skipIf(!hasTorch)
  .each([
    'types',
    'views',
    'parameters',
    'protocol4',
    'densenet121',
    'state_dict',
    'model_state_dict',
    'model',
  ])(
  '%s: both formats of PyTorch load with the right names, shapes and numbers (needs PyTorch)',
  async (name) => {
    const expected = summary(await readSafetensors(path(`${name}.safetensors`)));
    expect(expected.length).toBeGreaterThan(0);
    expect(summary(await readTorch(path(`${name}.pth`)))).toEqual(expected);
    expect(summary(await readTorch(path(`${name}.legacy.pth`)))).toEqual(expected);
  },
);

test.skipIf(!hasTorch)(
  'a zip file packed anew, deflated, with zip64 fields, loads alike (needs PyTorch)',
  async () => {
    const expected = summary(await readSafetensors(path('views.safetensors')));
    expect(summary(await readTorch(path('deflated.pth')))).toEqual(expected);
  },
);

test.skipIf(!hasTorch)(
  'float32 tensors that lie in order are views of the file, not copies (needs PyTorch)',
  () => {
    const bytes = new Uint8Array(readFileSync(path('alexnet.pth')));
    for (const { data } of parseTorch(bytes).values()) expect(data.buffer).toBe(bytes.buffer);
  },
);

test.skipIf(!hasTorch).each([
  ['module.pth', /module\.pth: refuses global 'torch\.nn\.modules\.container\.Sequential'/],
  ['nothing.pth', /holds no dictionary of tensors; save one with torch\.save\(model\.state_dict\(\), …\)/],
  ['script.pth', /refuses global '__torch__\.torch\.nn\.modules\.container\.Sequential'/],
])('%s, which is no state dictionary, is refused (needs PyTorch)', async (name, message) => {
  await expect(readTorch(path(name))).rejects.toThrow(message);
  await expect(readTorch(path(name))).rejects.toThrow(InputError);
});

test.skipIf(!hasTorch)('cut off anywhere, both formats are refused (needs PyTorch)', () => {
  for (const name of ['types.pth', 'types.legacy.pth']) {
    const bytes = readFileSync(path(name));
    for (let length = 0; length < bytes.length; length += 7) {
      expect(() => parseTorch(bytes.subarray(0, length)), `${name}, ${length} bytes`).toThrow(InputError);
    }
  }
});

test.skipIf(!hasTorch)(
  'parts of storages, as files before PyTorch 1.0 have them, load alike (needs PyTorch)',
  () => {
    const rebuilt = (part: Piece, offset: number, shape: Piece, strides: Piece) => {
      const device = text('cpu');
      const id = tuple(
        text('storage'),
        global('torch', 'FloatStorage'),
        text('0'),
        device,
        integer(12),
        part,
      );
      const args = tuple(bytesOf(id, 'Q'), integer(offset), shape, strides);
      return reduce(global('torch._utils', '_rebuild_tensor'), args);
    };
    const part = tuple(text('7'), integer(2), integer(6)); // key, offset, count
    const object = pickle(
      dictionary(
        text('whole'),
        rebuilt('N', 0, tuple(integer(3), integer(4)), tuple(integer(4), integer(1))),
        text('view'),
        rebuilt(part, 1, tuple(integer(2), integer(2)), tuple(integer(1), integer(2))),
      ),
    );
    const file = torchLegacy(object, [['0', 12]]);
    writeFileSync(path('parts.pth'), file);
    const script = `
import sys, json, torch
print(json.dumps({name: [list(tensor.shape), tensor.flatten().tolist()] for name, tensor in torch.load(sys.argv[1]).items()}))`;
    const expected = JSON.parse(
      execFileSync(python, ['-c', script, path('parts.pth')], {
        encoding: 'utf8',
        stdio: ['ignore', 'pipe', 'ignore'],
      }),
    );
    const loaded = [...parseTorch(file)].map(([name, { shape, data }]) => [name, [shape, [...data]]]);
    expect(Object.fromEntries(loaded)).toEqual(expected);
    expect(expected.view[1][0]).toBe(Math.fround(3 / 7));
  },
);

test.skipIf(!hasTorch)(
  'what training programs keep beside the weights is passed over, and nothing of it is run (needs PyTorch)',
  async () => {
    const path = join(folder, 'lightning.ckpt');
    execFileSync(python, [
      '-c',
      `
import argparse, collections, datetime, pathlib, sys, types
import numpy, torch
module = types.ModuleType('pytorch_lightning.utilities.parsing')
for name in ['pytorch_lightning', 'pytorch_lightning.utilities', 'pytorch_lightning.utilities.parsing']:
    sys.modules[name] = module
class AttributeDict(dict):
    pass
AttributeDict.__module__, AttributeDict.__qualname__ = module.__name__, 'AttributeDict'
module.AttributeDict = AttributeDict
layer = torch.nn.Linear(2, 3)
optimizer = torch.optim.Adam(layer.parameters())
layer(torch.ones(1, 2)).sum().backward()
optimizer.step()
torch.save({
    'epoch': 3, 'global_step': numpy.int64(7), 'best': numpy.float32(0.5), 'array': numpy.ones(3),
    'step': torch.tensor(5), 'device': torch.device('cpu'), 'dtype': torch.float16, 'size': torch.Size([1]),
    'hyper_parameters': AttributeDict(args=argparse.Namespace(lr=0.1, names={'a', 'b'}), path=pathlib.Path('x')),
    'when': datetime.datetime(2020, 1, 1), 'counts': collections.defaultdict(list, a=[1]),
    'callbacks': {"ModelCheckpoint{'monitor': None}": {'best_model_score': torch.tensor(0.5)}},
    'optimizer_states': [optimizer.state_dict()],
    'state_dict': {'model.' + name: tensor for name, tensor in layer.state_dict().items()},
}, sys.argv[1])
`,
      path,
    ]);
    const tensors = await readTorch(path);
    expect([...tensors].map(([name, { shape }]) => `${name} ${shape}`)).toEqual([
      'model.weight 3,2',
      'model.bias 3',
    ]);
  },
);

test('a class that is passed over gives no weights, whatever is done to it', () => {
  const namespace = global('argparse', 'Namespace');
  const made = bytesOf(namespace, ')', 0x81, dictionary(text('weight'), integer(1)), 'b');
  const changed = bytesOf(made, text('key'), integer(1), 's');
  for (const object of [made, changed, namespace, reduce(namespace, ')')]) {
    expect(() => parseTorch(torchLegacy(pickle(object)))).toThrow('it holds no dictionary of tensors');
    expect(() => parseTorch(torchLegacy(pickle(dictionary(text('state_dict'), object))))).toThrow(InputError);
  }
});
