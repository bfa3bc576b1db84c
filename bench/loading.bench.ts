// How long a training step waits for its data (goal: below 5% of the time), and what kept features of a frozen flow
// stream gain. Preset compact on synthetic clips of 8 to 12 seconds; the picture stream and the fusion train.
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { ClipCache } from '../src/clips/index.ts';
import { readAnnotations } from '../src/datasets/index.ts';
import { preprocessingFor } from '../src/streams/index.ts';
import { describeMachine } from '../src/support/machine.ts';
import { synthesize } from '../src/synthesis/index.ts';
import { initialParameters, type TrainingClip, train, trainingConfiguration } from '../src/training/index.ts';

const epochs = 2;
const clipCount = 18;
/** Every clip comes so often in an epoch, so that an epoch has steps enough to measure. */
const repetitions = 8;

const folder = mkdtempSync(join(tmpdir(), 'affectline-loading-'));
try {
  const data = join(folder, 'data');
  await synthesize(data, { films: 3, clips: clipCount, seed: 1 });
  const { clips } = readAnnotations(data);
  const preprocessing = preprocessingFor('compact');
  const cache = new ClipCache(join(folder, 'clips'), preprocessing);
  await cache.prepare(clips);
  const prepared: TrainingClip[] = [];
  for (const clip of clips) prepared.push({ ...clip, clip: await cache.open(clip) });
  const repeated = Array.from({ length: repetitions }, () => prepared).flat();

  console.log(describeMachine());
  console.log(
    `${clipCount * repetitions} clips an epoch, 16 a step, 3 sampled frames and 30 flow fields of each`,
  );
  console.log('flowViews     before   s/step  waiting (goal < 5%)');
  for (const flowViews of [0, 4]) {
    const configuration = trainingConfiguration(
      { preset: 'compact', batchNorm: 'batch', evaluationSegments: 1, epochs: epochs, flowViews },
      'benchmark',
    );
    let beganSteps = 0;
    const start = performance.now();
    const { records } = await train({
      configuration,
      folder: join(folder, `run${flowViews}`),
      train: repeated,
      validation: prepared.slice(0, 2),
      parameters: await initialParameters(configuration),
      model: { name: 'benchmark', trained: 'not to be used', synthetic: true, preprocessing },
      onStep: ({ epoch, step }) => {
        if (epoch === 1 && step === 1) beganSteps = performance.now();
      },
    });
    const steps = epochs * Math.floor((clipCount * repetitions) / 16);
    const seconds = records.reduce((sum, record) => sum + record.seconds, 0);
    const waited = records.reduce((sum, record) => sum + record.waited, 0);
    const before = (beganSteps - start) / 1000;
    console.log(
      `${String(flowViews).padStart(9)} ${before.toFixed(1).padStart(8)} s ${(seconds / steps).toFixed(2).padStart(7)} ${((100 * waited) / seconds).toFixed(1).padStart(8)}%`,
    );
  }
} finally {
  rmSync(folder, { recursive: true });
}
