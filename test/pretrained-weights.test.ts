import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { input, parametersOf, type Value } from '../src/graph/index.ts';
import { convnet5, densenet, soundnet } from '../src/networks/index.ts';
import { flowSizes } from '../src/streams/flow.ts';
import { pictureSizes } from '../src/streams/picture.ts';
import { soundSizes } from '../src/streams/sound.ts';
import { pythonHas, requirement } from '../src/support/testing.ts';
import { loadInto, readModelWeights } from '../src/weights/index.ts';

const python = '/usr/bin/python3';
const hasTorch = requirement('PyTorch (python3-torch, python3-torchvision)', () =>
  pythonHas(python, 'torch', 'torchvision', 'numpy'),
);
const folder = mkdtempSync(join(tmpdir(), 'affectline-pretrained-'));
afterAll(() => rmSync(folder, { recursive: true }));

/** Files with the names and shapes of the pretrained ones; SoundNet's as its authors' port to numpy has them. */
const script = `
import sys, os, numpy, torch, torchvision
folder = sys.argv[1]
torch.save(torchvision.models.densenet121().state_dict(), os.path.join(folder, 'densenet121.pth'))
torch.save(torchvision.models.alexnet().state_dict(), os.path.join(folder, 'alexnet.pth'))
layers = {'conv1': (64, 1, 16), 'conv2': (32, 16, 32), 'conv3': (16, 32, 64), 'conv4': (8, 64, 128), 'conv5': (4, 128, 256),
          'conv6': (4, 256, 512), 'conv7': (4, 512, 1024), 'conv8': (8, 1024, 1000), 'conv8_2': (8, 1024, 401)}
sound = {}
for name, (length, inputs, outputs) in layers.items():
    sound[name] = {'weights': numpy.zeros((length, 1, inputs, outputs), 'f4'), 'biases': numpy.zeros(outputs, 'f4')}
    if 'conv8' not in name:
        sound[name].update({part: numpy.ones(outputs, 'f4') for part in ['gamma', 'beta', 'mean', 'var']})
numpy.save(os.path.join(folder, 'sound8.npy'), sound)
`;

beforeAll(() => {
  if (hasTorch) execFileSync(python, ['-c', script, folder], { stdio: 'inherit' });
});

const networks: [file: string, stream: string, build: () => Value][] = [
  [
    'densenet121.pth',
    'picture',
    () => densenet(input('x', [1, 3, 224, 224]), { prefix: 'picture.' }, pictureSizes.paper),
  ],
  ['alexnet.pth', 'flow', () => convnet5(input('x', [1, 3, 224, 224]), { prefix: 'flow.' }, flowSizes.paper)],
  [
    'sound8.npy',
    'sound',
    () => soundnet(input('x', [1, 1, 22_050, 1]), { prefix: 'sound.' }, soundSizes.paper),
  ],
];

test.skipIf(!hasTorch).each(networks)(
  '%s fits the %s stream of the preset paper, parameter for parameter (needs PyTorch)',
  async (file, stream, build) => {
    const expected = parametersOf(build());
    const { parameters } = await readModelWeights(join(folder, file));
    const loaded = loadInto(expected, parameters, { source: file });
    expect([...loaded.keys()]).toEqual(expected.map(({ name }) => name));
    expect([...loaded.keys()].every((name) => name.startsWith(`${stream}.`))).toBe(true);
  },
);

test.skipIf(!hasTorch)('a file of another network is one error that says all (needs PyTorch)', async () => {
  const expected = parametersOf(networks[1]![2]());
  const { parameters } = await readModelWeights(join(folder, 'densenet121.pth'));
  expect(() => loadInto(expected, parameters, { source: 'densenet121.pth' })).toThrow(
    /densenet121\.pth do not fit the network's 10 parameters\n {2}10 missing: 'flow\.features\.0\.weight', .*\n {2}604 unknown to the network: .*, and 584 more$/,
  );
});
