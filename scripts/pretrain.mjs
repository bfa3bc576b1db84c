// What sounds, pictures and motion say of affect, each learned alone from many synthetic films: the networks of these streams
// that the starter model begins with, as the paper's begin with what ImageNet and unlabeled sounds taught them.
import { existsSync, mkdirSync, readFileSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import { join } from 'node:path';
import { Worker } from 'node:worker_threads';
import { ClipFile, preprocessingOf } from '../dist/clips/index.js';
import { readModel } from '../dist/models/node/index.js';
import { streamNamed } from '../dist/streams/index.js';
import { initialParameters, parseConfiguration, train } from '../dist/training/index.js';
import { writeSafetensors } from '../dist/weights/index.js';

/** Of the films that are rendered for it; those that the starter model is trained and tested on have another. */
const setSeed = 1001;
const films = 300;
/** Films that stop the training in place of being learned from. */
const stops = (film) => film % 15 === 0;

/**
 * Trains the network of a stream and writes its weights. Stopped at any moment, the same call goes on.
 *
 * @param file how it is trained; which stream it is.
 * @param out a folder where what is rendered, the run and the weights go.
 * @returns the stream, and the path of its weights.
 */
export async function pretrain(file, out) {
  const configuration = parseConfiguration(readFileSync(file, 'utf8'), file);
  const [stream] = configuration.streams;
  const { takes } = streamNamed(stream);
  const folder = join(out, stream);
  const weights = join(folder, `${stream}.safetensors`);
  if (existsSync(weights)) return { stream, weights };
  const preprocessing = await preprocessingOf(configuration);
  const heard = takes === 'waveform';
  const labeled = await rendered(heard, preprocessing, join(out, heard ? 'sounds' : 'moments'));
  const clips = await Promise.all(
    labeled.map(async ({ film, path, says }) => ({ film, clip: await ClipFile.open(path), ...says[takes] })),
  );
  const { best } = await train({
    configuration,
    train: clips.filter(({ film }) => !stops(film)),
    validation: clips.filter(({ film }) => stops(film)),
    parameters: await initialParameters(configuration),
    folder: join(folder, 'run'),
    model: {
      name: stream,
      trained: `${stream} of ${films} synthetic films`,
      synthetic: true,
      preprocessing,
    },
    onEpoch: (epochs) => tell(stream, epochs.at(-1)),
  });
  const { parameters } = await readModel(best);
  const own = [...parameters].filter(([name]) => name.startsWith(`${stream}.`));
  await writeSafetensors(weights, new Map(own));
  return { stream, weights };
}

function tell(stream, { epoch, seconds, valenceR, arousalR }) {
  const r = `valence ${valenceR.toFixed(3)}, arousal ${arousalR.toFixed(3)}`;
  const minutes = (seconds / 60).toFixed(1);
  process.stderr.write(`${stream}: epoch ${epoch}, r on those of other films: ${r}; ${minutes} min\n`);
}

/** The clips, each with what it says; what an earlier call has rendered is not rendered again. */
async function rendered(heard, preprocessing, folder) {
  process.stderr.write(`${heard ? 'sounds' : 'moments'} of ${films} synthetic films\n`);
  mkdirSync(folder, { recursive: true });
  const threads = availableParallelism();
  const share = (first) => {
    const workerData = { heard, preprocessing, folder, setSeed, first, films, every: threads };
    const worker = new Worker(new URL('render-alone.mjs', import.meta.url), { workerData });
    return new Promise((done, fail) => worker.on('error', fail).on('exit', done));
  };
  await Promise.all(Array.from({ length: threads }, (_, first) => share(first)));
  const lists = Array.from({ length: films }, (_, film) =>
    readFileSync(join(folder, `${film}.json`), 'utf8'),
  );
  return lists
    .flatMap((list) => JSON.parse(list))
    .map((labeled) => ({ ...labeled, path: join(folder, labeled.name) }));
}
