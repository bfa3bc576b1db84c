import type { Affect } from '../affect/index.ts';
import type { Film } from '../clips/index.ts';
import { columnStride, columnTime, contributions, type SoundChunk, SoundChunks } from '../networks/index.ts';
import type { Session } from '../runtime/node/index.ts';
import type { Model } from './model.ts';
import { type Sessions, soundColumnsPerRun } from './sessions.ts';
import { type Moment, Track } from './track.ts';

const sampleRate = 22_050;

/**
 * What the sound adds to valence and arousal: a moment per column of SoundNet's map.
 *
 * @param hearing what it adds that there is sound at all.
 * @param present the names of the features that the network gets of this film.
 */
export async function soundTrack(
  film: Film,
  model: Model,
  sessions: Sessions,
  { hearing, present }: { hearing: Affect; present: readonly string[] },
): Promise<Track> {
  const chunks = new SoundChunks(model.network.soundLayer, soundColumnsPerRun);
  const affects: Affect[] = [];
  let samplesHeard = 0;
  let session: Session | undefined;
  try {
    for await (const samples of film.sound) {
      samplesHeard += samples.length;
      for (const chunk of chunks.push(samples)) {
        session ??= await sessions.sound(chunk.samples.length);
        affects.push(...(await listen(chunk, session, model, present)));
      }
    }
  } finally {
    await session?.close();
  }
  for (const chunk of chunks.end()) {
    const last = await sessions.sound(chunk.samples.length);
    affects.push(...(await listen(chunk, last, model, present).finally(() => last.close())));
  }
  return new Track(momentsOf(affects, model, hearing, samplesHeard / sampleRate));
}

/** What each column that is to be kept adds. */
async function listen(
  { samples, skip, keep }: SoundChunk,
  session: Session,
  model: Model,
  present: readonly string[],
): Promise<Affect[]> {
  const { sound } = await session.run({ sound: { shape: [1, 1, samples.length, 1], data: samples } });
  const { valence, arousal } = contributions(model.network, model.regression, 'sound', sound!.data, present);
  return Array.from({ length: keep }, (_, index) => ({
    valence: valence[skip + index]!,
    arousal: arousal[skip + index]!,
  }));
}

/** Columns as moments around their middles, within the sound. */
function momentsOf(affects: readonly Affect[], { network }: Model, hearing: Affect, end: number): Moment[] {
  const half = columnStride(network.soundLayer) / sampleRate / 2;
  return affects.map(({ valence, arousal }, column) => {
    const middle = columnTime(column, network.soundLayer);
    return {
      begin: Math.min(Math.max(middle - half, 0), end),
      end: Math.min(middle + half, end),
      valence: valence + hearing.valence,
      arousal: arousal + hearing.arousal,
    };
  });
}
