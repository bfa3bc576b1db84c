import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describeMachine } from '../src/support/machine.ts';
import { readWeights, writeSafetensors } from '../src/weights/index.ts';

// How long the weights of DenseNet-121 take to load, from a file that the system has in memory already.

const folder = mkdtempSync(join(tmpdir(), 'affectline-bench-'));
const script = `
import sys, os, torch, torchvision
state = torchvision.models.densenet121().state_dict()
torch.save(state, os.path.join(sys.argv[1], 'zip.pth'))
torch.save(state, os.path.join(sys.argv[1], 'legacy.pth'), _use_new_zipfile_serialization=False)
`;
const { status } = spawnSync('/usr/bin/python3', ['-c', script, folder]);
if (status !== 0) {
  console.log('skipped: needs PyTorch and torchvision (python3-torch, python3-torchvision)');
  process.exit();
}

const median = (values: readonly number[]) => values.toSorted((a, b) => a - b)[values.length >> 1]!;

try {
  const parameters = await readWeights(join(folder, 'zip.pth'));
  await writeSafetensors(join(folder, 'float32.safetensors'), parameters);
  await writeSafetensors(join(folder, 'float16.safetensors'), parameters, { precision: 'float16' });
  const files = ['float32.safetensors', 'float16.safetensors', 'zip.pth', 'legacy.pth'];
  const times = new Map<string, number[]>(files.map((file) => [file, []]));
  for (let round = 0; round < 15; round++) {
    for (const file of files) {
      const start = performance.now();
      await readWeights(join(folder, file));
      times.get(file)!.push(performance.now() - start);
    }
  }
  console.log(`${describeMachine()}\n`);
  console.log('DenseNet-121                 MB   goal ms   median ms   first ms');
  for (const [file, taken] of times) {
    const megabytes = (statSync(join(folder, file)).size / 1e6).toFixed(1);
    console.log(
      `${file.padEnd(25)} ${megabytes.padStart(5)} ${'100'.padStart(9)} ${median(taken).toFixed(1).padStart(11)} ${taken[0]!.toFixed(1).padStart(10)}`,
    );
  }
} finally {
  rmSync(folder, { recursive: true });
}
