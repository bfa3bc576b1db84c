// What the starter model's answers lose when it is computed in bytes: ranges from synthetic films of the kind that it was
// trained on and from real clips, the change for other real clips, in units of the deviation of labels.
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { quantizeModel, starterFolder } from '../src/analysis/node/index.ts';
import { openDataSet } from '../src/datasets/index.ts';
import { dimensions } from '../src/evaluation/index.ts';
import { describeMachine } from '../src/support/machine.ts';
import { synthesize } from '../src/synthesis/index.ts';
import { realClips } from './real-clips.ts';

const root = mkdtempSync(join(tmpdir(), 'affectline-quantize-'));
try {
  const data = join(root, 'synthetic');
  // the training set is seed 1
  await synthesize(data, { films: 8, clips: 24, seed: 2018 });
  const { clips } = openDataSet(data);
  const real = realClips(root).map(({ path }) => path);
  // every fourth is kept apart: clips of other films than those looked at
  const [megamind, vtest, tree, phone, hello, beginning] = real as [
    string,
    string,
    string,
    string,
    string,
    string,
  ];
  const films = [
    [megamind, vtest],
    [hello, tree],
    [beginning, phone],
  ].flatMap(([seen, apart], i) => [...clips.slice(4 * i, 4 * i + 2).map((clip) => clip.path), seen!, apart!]);
  const { inBytes } = await quantizeModel({ model: starterFolder, films });
  console.log(
    `${describeMachine()}; ranges from ${inBytes.films} films; the change for ${inBytes.change?.films} real clips apart, ÷ the labels' deviation\n`,
  );
  console.log(
    `${''.padEnd(10)}${['mean', 'most', 'most of curve'].map((name) => name.padStart(15)).join('')}`,
  );
  for (const dimension of dimensions) {
    const labels = clips.map((clip) => clip[dimension]);
    const mean = labels.reduce((sum, value) => sum + value, 0) / labels.length;
    const deviation = Math.sqrt(labels.reduce((sum, value) => sum + (value - mean) ** 2, 0) / labels.length);
    const found = inBytes.change?.[dimension];
    const numbers = found ? [found.mean, found.most, found.mostOfCurve] : [];
    console.log(
      `${dimension.padEnd(10)}${numbers.map((value) => (value / deviation).toFixed(3).padStart(15)).join('')}`,
    );
  }
  console.log('goal      ≤ .02 in the mean, ≤ .05 at most');
} finally {
  rmSync(root, { recursive: true });
}
