import { type Network, windowsOf } from '../models/index.ts';
import { columnStride, columnTime, type SoundChunk, SoundChunks, type Window } from '../networks/index.ts';
import type { Session } from '../runtime/index.ts';
import { type FilmSource, writeInput } from '../streams/index.ts';
import { sampleRate } from '../support/sound.ts';
import type { Tensor } from '../support/tensor.ts';
import { columnsPerRun, type Sessions } from './sessions.ts';
import type { FeatureTrack, Stretch } from './track.ts';
import { Vectors } from './vectors.ts';

/** One stream at work on a waveform. */
interface Listener {
  readonly stream: string;
  readonly windows: readonly Window[];
  readonly chunks: SoundChunks;
  readonly columns: Float32Array[];
  readonly kept: Vectors;
}

/** The tracks of streams that hear: a vector for each column of their maps. */
export async function heardTracks(
  film: FilmSource,
  network: Network,
  sessions: Sessions,
  streams: readonly string[],
): Promise<FeatureTrack[]> {
  const listeners = streams.map((stream): Listener => {
    const windows = windowsOf(network, stream);
    return {
      stream,
      windows,
      chunks: new SoundChunks(windows, columnsPerRun),
      columns: [],
      kept: new Vectors(),
    };
  });
  // of a short film there is one chunk: its session opens while the film is decoded
  const { samples: all = 0 } = film.info;
  const unneeded = listeners
    .filter(({ chunks }) => chunks.isOne(all))
    .map(({ stream }) => sessions.expectEnding(stream, all));
  try {
    return await hear(film, network, sessions, listeners);
  } finally {
    await Promise.all(unneeded.map((close) => close()));
  }
}

async function hear(
  film: FilmSource,
  network: Network,
  sessions: Sessions,
  listeners: readonly Listener[],
): Promise<FeatureTrack[]> {
  let samplesHeard = 0;
  for await (const samples of film.sound) {
    samplesHeard += samples.length;
    for (const listener of listeners)
      for (const chunk of listener.chunks.push(samples)) {
        const session = await sessions.chunk(listener.stream, chunk.samples.length);
        await listen(listener, chunk, session, network);
      }
  }
  for (const listener of listeners)
    for (const chunk of listener.chunks.end())
      await sessions.ending(listener.stream, chunk.samples.length, (last) =>
        listen(listener, chunk, last, network),
      );
  return listeners.map((listener) => ({
    name: listener.stream,
    stretches: stretchesOfColumns(listener, samplesHeard / sampleRate),
  }));
}

/** Keeps the vectors of the columns of a chunk that are to be kept. */
async function listen(
  { stream, columns, kept }: Listener,
  { samples, skip, keep }: SoundChunk,
  session: Session,
  network: Network,
): Promise<void> {
  const shape = session.inputs.get(stream)!;
  const input: Tensor = { shape, data: new Float32Array(samples.length) };
  writeInput<'waveform'>({ stream, backbone: network.backbone[stream] }, samples, undefined, input.data);
  const map = (await session.run({ [stream]: input }, [stream]))[stream]!;
  const [, channels, count] = map.shape;
  for (let column = skip; column < skip + keep; column++)
    columns.push(
      kept.keep(Float32Array.from({ length: channels! }, (_, c) => map.data[c * count! + column]!)),
    );
}

/** Columns as stretches around their middles, within the sound. */
function stretchesOfColumns({ columns, windows }: Listener, end: number): Stretch[] {
  const half = columnStride(windows) / sampleRate / 2;
  return columns.map((vector, column) => {
    const middle = columnTime(column, windows);
    return {
      begin: Math.min(Math.max(middle - half, 0), end),
      end: Math.min(middle + half, end),
      vector,
    };
  });
}
