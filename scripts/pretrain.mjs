// What sounds, and what pictures, say of affect, learned from those of many synthetic films alone: the networks of these two
// streams that the starter model begins with, as the paper's begin with what ImageNet and unlabeled sounds taught them.
import { existsSync, mkdirSync, readFileSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import { join } from 'node:path';
import { Worker } from 'node:worker_threads';
import { ClipFile, preprocessingOf } from '../dist/clips/index.js';
import { readModel } from '../dist/models/node/index.js';
import { streamNamed } from '../dist/streams/index.js';
import { writeAtomicallySync } from '../dist/support/files.js';
import { initialParameters, parseConfiguration, train } from '../dist/training/index.js';
import { writeSafetensors } from '../dist/weights/index.js';

/** Of the films that are rendered for it; those that the starter model is trained and tested on have another. */
const setSeed = 1001;
/** By what a stream takes: how many films, and which of them stop the training in place of being learned from. */
const films = {
  waveform: { count: 300, stops: (film) => film % 10 === 9 },
  frame: { count: 400, stops: (film) => film % 20 === 0 },
};

/**
 * Trains the network of a stream and writes its weights. Stopped at any moment, the same call goes on.
 *
 * @param file how it is trained; which stream it is.
 * @param out a folder in which that stream has one of its own, where what is rendered, the run and the weights go.
 * @returns the stream, and the path of its weights.
 */
export async function pretrain(file, out) {
  const configuration = parseConfiguration(readFileSync(file, 'utf8'), file);
  const [stream] = configuration.streams;
  const { takes } = streamNamed(stream);
  const { count, stops } = films[takes];
  const folder = join(out, stream);
  const weights = join(folder, `${stream}.safetensors`);
  if (existsSync(weights)) return { stream, weights };
  const preprocessing = await preprocessingOf(configuration);
  process.stderr.write(`${stream}s of ${count} synthetic films\n`);
  const labeled = await rendered({ takes, shortSide: preprocessing.shortSide, films: count }, folder);
  const clips = await Promise.all(
    labeled.map(async (own) => ({ ...own, clip: await ClipFile.open(join(folder, 'clips', own.name)) })),
  );
  const { best } = await train({
    configuration,
    train: clips.filter(({ film }) => !stops(film)),
    validation: clips.filter(({ film }) => stops(film)),
    parameters: await initialParameters(configuration),
    folder: join(folder, 'run'),
    model: {
      name: stream,
      trained: `${stream}s of ${count} synthetic films`,
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

/** What each of them says, by the name of its clip; the clips are in `clips`. */
async function rendered(what, folder) {
  const list = join(folder, 'labels.json');
  if (existsSync(list)) return JSON.parse(readFileSync(list, 'utf8'));
  const clips = join(folder, 'clips');
  mkdirSync(clips, { recursive: true });
  const threads = availableParallelism();
  const labeled = [];
  const share = (first) => {
    const workerData = { ...what, folder: clips, setSeed, first, every: threads };
    const worker = new Worker(new URL('render-alone.mjs', import.meta.url), { workerData });
    worker.on('message', (labels) => labeled.push(...labels));
    return new Promise((done, fail) => worker.on('error', fail).on('exit', done));
  };
  await Promise.all(Array.from({ length: threads }, (_, first) => share(first)));
  // in one order, whichever thread was faster
  labeled.sort((a, b) => a.film - b.film || a.name.localeCompare(b.name));
  writeAtomicallySync(list, JSON.stringify(labeled));
  return labeled;
}
