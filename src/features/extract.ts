import type { Model } from '../models/index.ts';
import { type FilmSource, type Moment, streamNamed } from '../streams/index.ts';
import { heardTracks } from './heard.ts';
import { openSeeing, seenTracks } from './seen.ts';
import type { Sessions } from './sessions.ts';
import type { FeatureTrack, FilmFeatures } from './track.ts';

/** What extracts features, and who is told. */
export interface ExtractOptions {
  readonly model: Model;
  readonly sessions: Sessions;
  /** Of the model's; those that the film has nothing for are left out. */
  readonly streams: readonly string[];
  /** Told of each moment once its vectors are there. */
  readonly onMoment?: (moment: Moment) => void;
}

/**
 * Opens the sessions for what is seen of a film ahead of it, so that it does not wait for them. Those for sound depend on
 * its length. What fails is told by the extraction, which needs the same sessions.
 *
 * @param options `seconds` that the film lasts, 0 where it does not say.
 */
export function openAhead({
  model,
  sessions,
  streams,
  seconds,
}: Pick<ExtractOptions, 'model' | 'sessions' | 'streams'> & { readonly seconds: number }): void {
  const seeing = streams.filter((stream) => streamNamed(stream).takes !== 'waveform');
  if (seeing.length > 0) openSeeing(model.network, sessions, seeing, seconds).catch(() => {});
}

/** Runs the networks once over a film, and keeps the feature vectors of all its tracks. */
export async function extractFeatures(
  film: FilmSource,
  { model, sessions, streams, onMoment = () => {} }: ExtractOptions,
): Promise<FilmFeatures> {
  const { network } = model;
  const { hasPicture } = film.info;
  // of a silent track nothing is known that is not known of a film without one
  const hasSound = film.info.hasSound && !film.info.isSilent;
  const hears = (stream: string) => streamNamed(stream).takes === 'waveform';
  const hearing = streams.filter((stream) => hasSound && hears(stream));
  const seeing = streams.filter((stream) => hasPicture && !hears(stream));
  const [seen, heard] = await together(film, [
    seeing.length > 0 ? seenTracks(film, network, sessions, seeing, onMoment) : ignore(film.moments),
    hearing.length > 0 ? heardTracks(film, network, sessions, hearing) : ignore(film.sound),
  ]);
  const tracks = [...seen!, ...heard!].filter(({ stretches }) => stretches.length > 0);
  const given = network.tracks.filter(({ name }) => tracks.some((track) => track.name === name));
  const used = new Set(given.flatMap((track) => track.streams));
  // of a fused track, only what was looked at
  return { tracks, streams: [...seeing, ...hearing].filter((stream) => used.has(stream)) };
}

/** Waits for all; when one fails the film is closed, so that the others end, and its error is thrown. */
async function together(film: FilmSource, tracks: Promise<FeatureTrack[]>[]): Promise<FeatureTrack[][]> {
  try {
    return await Promise.all(tracks);
  } catch (error) {
    await film.close();
    await Promise.allSettled(tracks);
    throw error;
  }
}

async function ignore(stream: AsyncIterable<unknown>): Promise<FeatureTrack[]> {
  for await (const _ of stream);
  return [];
}
