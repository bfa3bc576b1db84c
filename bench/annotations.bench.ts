// How long a full-size set of annotations takes to read and check; goal: 9,800 lines in under a second.
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { writeRandomAnnotations } from '../src/datasets/annotation-fixture.ts';
import { checkDataSet, lirisLayout } from '../src/datasets/index.ts';
import { describeMachine } from '../src/support/machine.ts';

const root = mkdtempSync(join(tmpdir(), 'affectline-annotations-'));
try {
  const clips = writeRandomAnnotations(root);
  mkdirSync(join(root, lirisLayout.clips), { recursive: true });
  for (const { name } of clips) writeFileSync(join(root, lirisLayout.clips, name), 'x');
  const times: number[] = [];
  for (let i = 0; i < 9; i++) {
    const start = performance.now();
    const { usable, clips: count } = checkDataSet(root);
    times.push(performance.now() - start);
    if (!usable || count !== 9800) throw new Error('internal: the fixture is damaged');
  }
  const first = times[0]!;
  const median = times.sort((a, b) => a - b)[4]!;
  console.log(describeMachine());
  console.log('9,800 clips: ranking, sets, description and movies read, 9,800 files looked up');
  console.log(`first ${first.toFixed(0)} ms, median ${median.toFixed(0)} ms; goal < 1000 ms`);
} finally {
  rmSync(root, { recursive: true });
}
