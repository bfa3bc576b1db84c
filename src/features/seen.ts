import { featureName, isOverTime, type Network, streamsTaking, viewOfMoment } from '../models/index.ts';
import type { Session } from '../runtime/index.ts';
import { asksForShots, type FilmSource, type Moment, mostHeldMoments, writeInput } from '../streams/index.ts';
import { Channel } from '../support/channel.ts';
import { elementCount, type Tensor } from '../support/tensor.ts';
import { OverTime } from './over-time.ts';
import { fieldsPerRun, framesPerRun, type Sessions } from './sessions.ts';
import { type FeatureTrack, stretchesOf } from './track.ts';
import { Vectors } from './vectors.ts';

/** The mean maps of the motion of a moment, by stream. */
type Motion = ReadonlyMap<string, Float32Array>;

/**
 * The tracks at moments.
 *
 * @param streams those that see and are used; of the network's others the fusion gets zeros.
 * @param onMoment called for each moment once its vectors are there, but for what the moment after it adds.
 */
export async function seenTracks(
  film: FilmSource,
  network: Network,
  sessions: Sessions,
  streams: readonly string[],
  onMoment: (moment: Moment) => void,
): Promise<FeatureTrack[]> {
  const session = await openSeeing(network, sessions, streams, film.info.declaredDuration);
  // in fusion of decisions, a track of its own for each stream, those that are not used have nothing to say
  const names = network.tracks
    .filter(({ of, streams: own }) => of === 'moment' && own.some((name) => streams.includes(name)))
    .map(({ name }) => name);
  const vectors = new Map<string, Float32Array[]>(names.map((name) => [name, []]));
  const kept = new Vectors();
  const overTime = new Map(
    network.tracks
      .filter((track) => names.includes(track.name) && isOverTime(network, track))
      .map(({ name }) => [name, new OverTime(network.sizes.fused)] as const),
  );
  const keep = (name: string, vector: Float32Array | undefined) =>
    vector && vectors.get(name)!.push(kept.keep(vector));
  const times: number[] = [];
  await look(film, network, sessions, { session, streams }, (moments, found) => {
    for (const [index, moment] of moments.entries()) {
      times.push(moment.time);
      for (const name of names) {
        const own = itemOf(found[name]!, index);
        const joined = overTime.get(name);
        keep(name, joined ? joined.push(own) : own);
      }
      onMoment(moment);
    }
    return true;
  });
  for (const [name, joined] of overTime) keep(name, joined.end());
  const { decodedDuration } = film.summary();
  return names.map((name) => ({ name, stretches: stretchesOf(times, vectors.get(name)!, decodedDuration) }));
}

/**
 * Opens the sessions of streams that see, side by side: each in a thread of its own.
 *
 * @param seconds that the film lasts, 0 where it does not say.
 * @returns that of moments.
 */
export async function openSeeing(
  network: Network,
  sessions: Sessions,
  streams: readonly string[],
  seconds: number,
): Promise<Session> {
  const [session] = await Promise.all([
    sessions.moments(givenOf(network, streams)),
    ...streamsTaking({ streams }, 'pair').map((stream) => sessions.pairs(stream, seconds)),
  ]);
  return session;
}

/** Of the streams that see, those whose features a session of moments is given: all that look at no single frame. */
export function givenOf(network: Network, streams: readonly string[]): string[] {
  const still = [...streamsTaking({ streams }, 'frame'), ...streamsTaking({ streams }, 'faces')];
  const seeing = network.tracks.flatMap((track) => (track.of === 'moment' ? track.streams : []));
  return seeing.filter((stream) => !still.includes(stream));
}

/**
 * Runs a session over the moments of a film, some at a time.
 *
 * @param take is given moments and what the session makes of them, and says whether it wants more; where it does not, the
 *   film is closed.
 */
export async function look(
  film: FilmSource,
  network: Network,
  sessions: Sessions,
  { session, streams }: { readonly session: Session; readonly streams: readonly string[] },
  take: (moments: readonly Moment[], found: Record<string, Tensor>) => boolean,
): Promise<void> {
  const moving = streamsTaking({ streams }, 'pair');
  // motion does not wait for moments that are held back, but would keep the film from going on
  const motions = new Channel<Motion>(2 * framesPerRun + (asksForShots(streams) ? mostHeldMoments : 0));
  await Promise.all([
    lookAtFrames(film, network, session, { streams, motions, take }),
    moving.length > 0 ? move(film, network, sessions, moving, motions) : undefined,
  ]);
}

async function lookAtFrames(
  film: FilmSource,
  network: Network,
  session: Session,
  {
    streams,
    motions,
    take,
  }: {
    streams: readonly string[];
    motions: Channel<Motion>;
    take: (moments: readonly Moment[], found: Record<string, Tensor>) => boolean;
  },
): Promise<void> {
  const still = streamsTaking({ streams }, 'frame');
  const faced = streamsTaking({ streams }, 'faces');
  const moving = streamsTaking({ streams }, 'pair');
  const motion = motions[Symbol.asyncIterator]();
  try {
    const feeds = feedsOf(session);
    for await (const moments of inGroups(film.moments, framesPerRun)) {
      for (const [index, { number, picture, faces }] of moments.entries()) {
        for (const stream of still)
          writeInput<'frame'>(
            { stream, backbone: network.backbone[stream] },
            picture,
            viewOfMoment(network, picture, number),
            itemOf(feeds[stream]!, index),
          );
        for (const stream of faced) {
          const own = itemOf(feeds[stream]!, index);
          const what = { stream, backbone: network.backbone[stream] };
          if (faces) writeInput<'faces'>(what, faces, undefined, own);
          else own.fill(0);
        }
        if (moving.length === 0) continue;
        const { value } = await motion.next();
        for (const stream of moving) {
          const map = value?.get(stream);
          const own = itemOf(feeds[featureName(stream)]!, index);
          if (map) own.set(map);
          else own.fill(0);
        }
      }
      if (take(moments, await runLent(session, feeds, moments.length))) continue;
      motions.end();
      await film.close();
      return;
    }
  } finally {
    motions.end();
  }
}

/** Gives the motion of each moment in turn: the means of the maps of its fields. */
async function move(
  { fields, info }: Pick<FilmSource, 'fields' | 'info'>,
  network: Network,
  sessions: Sessions,
  streams: readonly string[],
  motions: Channel<Motion>,
): Promise<void> {
  try {
    const opened = new Map<string, { session: Session; feeds: Record<string, Tensor> }>();
    for (const stream of streams) {
      const session = await sessions.pairs(stream, info.declaredDuration);
      opened.set(stream, { session, feeds: feedsOf(session) });
    }
    const sums = new Map<string, Float32Array>();
    let moment = 0;
    let count = 0;
    const finish = async () => {
      if (count > 0)
        await motions.push(
          new Map([...sums].map(([stream, sum]) => [stream, sum.map((value) => value / count)])),
        );
      sums.clear();
      count = 0;
    };
    for await (const group of inGroups(fields, fieldsPerRun)) {
      const maps = new Map<string, Tensor>();
      for (const [stream, { session, feeds }] of opened) {
        for (const [index, { field, frame, moment: number }] of group.entries())
          writeInput<'pair'>(
            { stream, backbone: network.backbone[stream] },
            field,
            viewOfMoment(network, frame, number),
            itemOf(feeds[stream]!, index),
          );
        maps.set(stream, (await runLent(session, feeds, group.length))[stream]!);
      }
      for (const [index, field] of group.entries()) {
        if (field.moment !== moment) await finish();
        moment = field.moment;
        count++;
        for (const [stream, map] of maps) {
          const own = itemOf(map, index);
          const sum = sums.get(stream) ?? new Float32Array(own.length);
          for (let i = 0; i < own.length; i++) sum[i]! += own[i]!;
          sums.set(stream, sum);
        }
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

/** Room for what a session takes, for one run after the other. */
function feedsOf(session: Session): Record<string, Tensor> {
  return Object.fromEntries([...session.inputs].map(([name, shape]) => [name, zeros(shape)]));
}

/** Runs a session on the first `count` items of its feeds, with zeros for the rest. They go there and come back: no copies. */
function runLent(
  session: Session,
  feeds: Record<string, Tensor>,
  count: number,
): Promise<Record<string, Tensor>> {
  for (const tensor of Object.values(feeds)) {
    const { shape, data } = tensor;
    data.fill(0, (count * data.length) / shape[0]!);
  }
  return session.run(feeds, Object.keys(feeds));
}

export function zeros(shape: readonly number[]): Tensor {
  return { shape, data: new Float32Array(elementCount(shape)) };
}

export function itemOf({ shape, data }: Tensor, index: number): Float32Array {
  const length = data.length / shape[0]!;
  return data.subarray(index * length, (index + 1) * length);
}
