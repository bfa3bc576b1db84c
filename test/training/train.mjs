// A small training that saves a checkpoint after every step: `train.mjs FOLDER STEPS`. It goes on where the folder's
// checkpoint stands, and says `ready` before its first step and `saved` after each.
import { describeNetwork, networkParameters } from '../../dist/models/index.js';
import { randomParameters } from '../../dist/networks/index.js';
import { nodeRuntime } from '../../dist/runtime/node/index.js';
import { Random } from '../../dist/support/random.js';
import { readCheckpoint, writeCheckpoint } from '../../dist/training/checkpoint.js';
import { adam } from '../../dist/training/optimizers.js';
import { TrainingStep } from '../../dist/training/step.js';

const [folder, steps] = [process.argv[2], Number(process.argv[3])];
const network = describeNetwork({ preset: 'compact', streams: ['sound'] });
const batch = { clips: 2, frames: 1, pairs: 1, samples: 33_000 };
const clips = 12;
const optimizer = adam();

const saved = await readCheckpoint(folder);
const parameters = saved?.parameters ?? randomParameters(networkParameters(network), 1);
const state = saved?.optimizer ?? optimizer.init(parameters);
const progress = saved?.progress ?? { epoch: 0, order: [], position: 0, random: Random.seeded(1).state() };
const random = Random.restored(progress.random);

/** A clip's waveform is the same each time, but for noise drawn anew: both sources of randomness must be resumed. */
function draw(clip) {
  const waveform = Float32Array.from(
    { length: batch.samples },
    (_, i) => 0.2 * Math.sin(i * 0.01 * (clip + 1)) + 0.02 * (random.uniform() - 0.5),
  );
  return { waveform, target: [clip / clips, 1 - clip / clips] };
}

const step = await TrainingStep.open(
  {
    network,
    batch,
    parts: { flow: 'trained', picture: 'trained', sound: 'trained' },
    batchNorm: 'batch',
    runtime: nodeRuntime({ threads: 1 }),
  },
  parameters,
);
console.log('ready');
while (state.step < steps) {
  if (progress.position === progress.order.length) {
    progress.epoch++;
    progress.position = 0;
    progress.order = random.shuffled([...Array(clips).keys()]);
  }
  const drawn = progress.order.slice(progress.position, progress.position + batch.clips).map(draw);
  progress.position += batch.clips;
  const run = {
    sound: {
      shape: [2, 1, batch.samples, 1],
      data: Float32Array.from(drawn.flatMap(({ waveform }) => [...waveform])),
    },
    hasSound: { shape: [2, 1], data: Float32Array.of(1, 1) },
    target: { shape: [2, 2], data: Float32Array.from(drawn.flatMap(({ target }) => target)) },
  };
  await step.take([run], optimizer, state, { rate: 1e-3, gradientLimit: 5 });
  progress.random = random.state();
  await writeCheckpoint(folder, {
    ...{ parameters, optimizer: state, progress },
    origin: { configuration: {}, clips: '0'.repeat(64) },
  });
  console.log('saved');
}
await step.close();
