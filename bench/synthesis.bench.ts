// How fast synthetic clips are rendered and encoded; goals: 10× real time a core, 1,200 clips in 10 minutes on 2 cores.
import { mkdtempSync, rmSync } from 'node:fs';
import { availableParallelism, tmpdir } from 'node:os';
import { join } from 'node:path';
import { describeMachine } from '../src/support/machine.ts';
import { planAnnotations, synthesize } from '../src/synthesis/index.ts';

const options = { films: 4, clips: 40, seed: 1 };
const root = mkdtempSync(join(tmpdir(), 'affectline-synthesis-'));
try {
  const { clips } = planAnnotations(options);
  const length = clips.reduce((sum, clip) => sum + (clip.end - clip.start + 1) / 25, 0);
  let begun = 0;
  await synthesize(join(root, 'set'), {
    ...options,
    onProgress: (done) => {
      if (done === 0) begun = performance.now();
    },
  });
  const seconds = (performance.now() - begun) / 1000;
  const cores = availableParallelism();
  console.log(describeMachine());
  console.log(`${options.clips} clips, ${length.toFixed(0)} s of film, in ${seconds.toFixed(1)} s`);
  console.log(`${(length / seconds / cores).toFixed(1)}× real time a core; goal ≥ 10×`);
  console.log(`1,200 clips: ${((1200 / options.clips) * (seconds / 60)).toFixed(1)} min; goal ≤ 10 min`);
} finally {
  rmSync(root, { recursive: true });
}
