// One window of a film as the whole network takes it, and what it answers.
import { openFilm } from '../clips/index.ts';
import { faceFiles, openFaceReader } from '../faces/node/index.ts';
import {
  type Batch,
  inputShape,
  type Model,
  type Network,
  soundMask,
  streamsTaking,
  viewOfMoment,
} from '../models/index.ts';
import { nodeRuntime } from '../runtime/node/index.ts';
import { ShotDetector } from '../shots/index.ts';
import {
  asksForShots,
  type FilmSource,
  framesPerMoment,
  type Material,
  type Moment,
  type MomentField,
  momentPeriod,
  restingField,
  streamNamed,
  writeInput,
} from '../streams/index.ts';
import { InputError } from '../support/errors.ts';
import { sampleRate } from '../support/sound.ts';
import { elementCount, type Tensor } from '../support/tensor.ts';
import { wholeNetwork } from './whole-network.ts';

/** Seconds of a window unless told: those of a point of the curve, and of the clips that people rated. */
export const usualSeconds = 10;

/** What a window of so many seconds takes in: a moment each 0.4 s with ten pairs of frames, and its waveform. */
export function windowBatch(seconds: number): Batch {
  return {
    clips: 1,
    frames: Math.max(1, Math.round(seconds / momentPeriod)),
    pairs: framesPerMoment,
    samples: Math.round(seconds * sampleRate),
  };
}

/**
 * What the whole network takes of the first seconds of a film, and its outputs as our own sessions compute them, by their
 * names in the exported file.
 *
 * @throws InputError when the film cannot be read, or as `windowInputs`.
 */
export async function windowOfFilm(
  path: string,
  { model, seconds, signal }: { model: Model; seconds: number; signal?: AbortSignal },
): Promise<Map<string, Tensor>> {
  const { network, preprocessing } = model;
  const batch = windowBatch(seconds);
  const wants = [...new Set(network.streams.map((stream): Material => streamNamed(stream).takes))];
  const { faces: wanted } = preprocessing;
  const reader =
    wanted && wants.includes('faces') ? await openFaceReader(faceFiles(), { wanted }) : undefined;
  const film = await openFilm(path, {
    ...{ preprocessing, wants, faces: reader?.watcher() },
    ...(asksForShots(network.streams) && { shots: new ShotDetector() }),
    part: { end: seconds },
    ...(signal && { signal }),
  });
  const inputs = await windowInputs(film, network, batch).finally(async () => {
    await film.close();
    await reader?.close();
  });
  const outputs = wholeNetwork(network, batch);
  const session = await nodeRuntime().open(outputs, model.parametersOf(outputs));
  try {
    return new Map([...Object.entries(inputs), ...Object.entries(await session.run(inputs))]);
  } finally {
    await session.close();
  }
}

/**
 * The inputs of the whole network for the first window of a film: of each moment the center of its frame and ten of its
 * fields, evenly chosen where there are more or fewer; the waveform, with silence after its end.
 *
 * @throws InputError when the film is shorter than the window, or lacks the picture that the network needs.
 */
export async function windowInputs(
  film: FilmSource,
  network: Network,
  batch: Batch,
): Promise<Record<string, Tensor>> {
  const [moments, fields, waveform] = await Promise.all([
    first(film.moments, batch.frames),
    byMoment(film.fields, batch.frames),
    waveformOf(film, batch.samples),
  ]);
  const looks = network.streams.length > streamsTaking(network, 'waveform').length;
  if (looks && moments.length < batch.frames)
    throw new InputError(
      `the film shows ${moments.length} moments of 0.4 s, the network takes ${batch.frames}; export it for fewer seconds`,
    );
  const inputs: Record<string, Tensor> = {};
  const emptyInput = (stream: string) => {
    const shape = inputShape(network, stream, batch);
    const input = { shape, data: new Float32Array(elementCount(shape)) };
    const length = input.data.length / shape[0]!;
    inputs[stream] = input;
    return {
      of: { stream, backbone: network.backbone[stream] },
      item: (index: number) => input.data.subarray(index * length, (index + 1) * length),
    };
  };
  for (const stream of streamsTaking(network, 'frame')) {
    const { of, item } = emptyInput(stream);
    for (const [i, { picture }] of moments.entries())
      writeInput<'frame'>(of, picture, viewOfMoment(network, picture, i), item(i));
  }
  for (const stream of streamsTaking(network, 'faces')) {
    const { of, item } = emptyInput(stream);
    for (const [i, { faces }] of moments.entries()) writeInput<'faces'>(of, faces!, undefined, item(i));
  }
  for (const stream of streamsTaking(network, 'pair')) {
    const { of, item } = emptyInput(stream);
    for (const [i, { picture }] of moments.entries())
      for (let pair = 0; pair < batch.pairs; pair++) {
        const own = fields[i] ?? [];
        const field = own[Math.floor(((pair + 0.5) * own.length) / batch.pairs)] ?? restingField;
        writeInput<'pair'>(of, field, viewOfMoment(network, picture, i), item(i * batch.pairs + pair));
      }
  }
  for (const stream of streamsTaking(network, 'waveform')) {
    const { of, item } = emptyInput(stream);
    writeInput<'waveform'>(of, waveform, undefined, item(0));
    const isHeard = film.info.hasSound && !film.info.isSilent;
    inputs[soundMask] = { shape: [1, 1], data: Float32Array.of(isHeard ? 1 : 0) };
  }
  return inputs;
}

/** Reads all, for whoever stops reading a part of a film keeps the others waiting. */
async function first(moments: AsyncIterable<Moment>, count: number): Promise<Moment[]> {
  const kept: Moment[] = [];
  for await (const moment of moments) if (kept.length < count) kept.push(moment);
  return kept;
}

async function byMoment(
  fields: AsyncIterable<MomentField>,
  count: number,
): Promise<MomentField['field'][][]> {
  const kept: MomentField['field'][][] = Array.from({ length: count }, () => []);
  for await (const { moment, field } of fields) kept[moment]?.push(field);
  return kept;
}

async function waveformOf({ sound }: FilmSource, samples: number): Promise<Float32Array> {
  const waveform = new Float32Array(samples);
  let filled = 0;
  for await (const piece of sound) {
    waveform.set(piece.subarray(0, samples - filled), filled);
    filled = Math.min(samples, filled + piece.length);
  }
  return waveform;
}
