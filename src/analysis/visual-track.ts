import type { Affect } from '../affect/index.ts';
import { type Film, type SampledFrame, type SampleFlow, writeFlow, writePicture } from '../clips/index.ts';
import { contributions, type Stream } from '../networks/index.ts';
import type { Session } from '../runtime/node/index.ts';
import { Channel } from '../support/channel.ts';
import { elementCount, type Tensor } from '../support/tensor.ts';
import type { Model } from './model.ts';
import { fieldsPerRun, framesPerRun, type Sessions } from './sessions.ts';
import { type Moment, Track } from './track.ts';

interface VisualOptions {
  used: readonly Stream[];
  present: readonly string[];
  onFrame: (frame: SampledFrame) => void;
}

/**
 * What pictures and flow add to valence and arousal: a moment per sampled frame.
 *
 * @param options.used the streams that are; of the others among flow and picture the network gets zeros.
 * @param options.present the names of the features that the network gets of this film.
 * @param options.onFrame called for each sampled frame once it has been analysed.
 */
export async function visualTrack(
  film: Film,
  model: Model,
  sessions: Sessions,
  options: VisualOptions,
): Promise<Track> {
  const session = await sessions.frames(options.used.includes('picture'));
  if (!options.used.includes('flow')) return await look(film, model, session, options);
  const motions = new Channel<Float32Array>(2 * framesPerRun);
  // together: when one fails the film is closed by whoever waits here, and neither waits for the other for ever
  const [track] = await Promise.all([
    look(film, model, session, options, motions),
    computeMotions(film.flow, sessions, motions),
  ]);
  return track;
}

/** @param motions the flow map of each sampled frame. */
async function look(
  film: Film,
  model: Model,
  session: Session,
  { present, onFrame }: VisualOptions,
  motions?: Channel<Float32Array>,
): Promise<Track> {
  const motion = motions?.[Symbol.asyncIterator]();
  const times: number[] = [];
  const affects: Affect[] = [];
  try {
    for await (const frames of inGroups(film.frames, framesPerRun)) {
      const feeds = Object.fromEntries([...session.inputs].map(([name, shape]) => [name, zeros(shape)]));
      for (const [index, { rgb }] of frames.entries()) {
        if (feeds.picture) writePicture(rgb, itemOf(feeds.picture, index));
        const flowMap = await motion?.next();
        if (flowMap?.value) itemOf(feeds.flowFeature!, index).set(flowMap.value);
      }
      const maps = await session.run(feeds);
      for (const [index, frame] of frames.entries()) {
        times.push(frame.time);
        affects.push(affectOf(maps, index, model, present));
        onFrame(frame);
      }
    }
  } finally {
    motions?.end();
  }
  return new Track(momentsOf(times, affects, film.summary().decodedDuration));
}

/** What a frame of the batch adds; where streams are fused as decisions there is a map for each. */
function affectOf(
  maps: Record<string, Tensor>,
  index: number,
  { network, regression }: Model,
  present: readonly string[],
): Affect {
  const sum = { valence: 0, arousal: 0 };
  for (const name of present) {
    if (!maps[name]) continue;
    const { valence, arousal } = contributions(network, regression, name, itemOf(maps[name], index), present);
    sum.valence += valence[0]!;
    sum.arousal += arousal[0]!;
  }
  return sum;
}

/** Each frame lasts from halfway to the one before it until halfway to the next. */
function momentsOf(times: readonly number[], affects: readonly Affect[], end: number): Moment[] {
  const halfway = (index: number) => (times[index - 1]! + times[index]!) / 2;
  return affects.map((affect, index) => ({
    ...affect,
    begin: index === 0 ? times[0]! : halfway(index),
    end: index === affects.length - 1 ? Math.max(end, times[index]!) : halfway(index + 1),
  }));
}

/** Gives the flow of each sampled frame in turn: the mean of the ConvNet's maps of the fields around it. */
async function computeMotions(
  flow: AsyncIterable<SampleFlow>,
  sessions: Sessions,
  motions: Channel<Float32Array>,
): Promise<void> {
  try {
    const session = await sessions.flow();
    const shape = session.inputs.get('flow')!;
    let sample = 0;
    let sum: Float32Array | undefined;
    let count = 0;
    const finish = async () => {
      if (sum) await motions.push(sum.map((value) => value / count));
      sum = undefined;
      count = 0;
    };
    for await (const fields of inGroups(flow, fieldsPerRun)) {
      const batch = zeros(shape);
      for (const [index, { field }] of fields.entries()) writeFlow(field, itemOf(batch, index));
      const { flow: maps } = await session.run({ flow: batch });
      for (const [index, field] of fields.entries()) {
        if (field.sample !== sample) await finish();
        sample = field.sample;
        const map = itemOf(maps!, index);
        sum ??= new Float32Array(map.length);
        for (let i = 0; i < map.length; i++) sum[i]! += map[i]!;
        count++;
      }
    }
    await finish();
    motions.end();
  } catch (error) {
    motions.fail(error);
    throw error;
  }
}

async function* inGroups<T>(items: AsyncIterable<T>, size: number): AsyncGenerator<T[], void, undefined> {
  let group: T[] = [];
  for await (const item of items) {
    group.push(item);
    if (group.length < size) continue;
    yield group;
    group = [];
  }
  if (group.length > 0) yield group;
}

function zeros(shape: readonly number[]): Tensor {
  return { shape, data: new Float32Array(elementCount(shape)) };
}

function itemOf({ shape, data }: Tensor, index: number): Float32Array {
  const length = data.length / shape[0]!;
  return data.subarray(index * length, (index + 1) * length);
}
