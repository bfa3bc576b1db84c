import type { FileDescription, StreamDescription } from './description.ts';
import type { TrackChoice } from './types.ts';

/** Sound whose samples stay below this (−60 dB of full scale) is taken for silence. */
export const audible = 0.001;

/** Seconds of a track that are listened to before it is called silent. */
export const listeningSeconds = 300;

/** Sound as it is listened to: its channels side by side, for a mean might cancel. */
export const listeningFilter = 'aresample=8000,aformat=sample_fmts=flt:channel_layouts=stereo';

/** Sound of fewer samples a second is none, and would unfold to many times its bytes. */
const leastSampleRate = 1000;

/** A track shorter than this share of the longest of its kind is not the film, but something beside it. */
const short = 0.5;

const option = { video: '--video-track', audio: '--audio-track' } as const;

/**
 * The tracks of one kind, the best first: moving before still, long before short, the file's own default before
 * others, large before small, early before late.
 *
 * @param wished the number of the only track to be taken, from 1.
 * @throws Error if there is no such track, or only sound of too few samples a second.
 */
export function candidates(
  file: FileDescription,
  kind: StreamDescription['kind'],
  wished: number | undefined,
): StreamDescription[] {
  const all = tracksOf(file, kind);
  if (wished !== undefined && !all[wished - 1]) {
    const there = all.length === 1 ? 'it has one' : `it has ${all.length || 'none'}`;
    throw new Error(`${option[kind]} ${wished}: ${there}`);
  }
  const asked = wished === undefined ? all : [all[wished - 1]!];
  const tracks = asked.filter(({ sampleRate }) => sampleRate === 0 || sampleRate >= leastSampleRate);
  if (asked[0] && tracks.length === 0)
    throw new Error(
      `its sound has ${asked[0].sampleRate} samples a second; at least ${leastSampleRate} are expected`,
    );
  const longest = Math.max(...tracks.map(({ duration }) => duration));
  const moves = ({ frames }: StreamDescription) => Number(frames !== 1);
  const long = ({ duration }: StreamDescription) => Number(duration === 0 || duration >= short * longest);
  const pixels = ({ width, height }: StreamDescription) => width * height;
  return tracks.toSorted(
    (a, b) =>
      moves(b) - moves(a) ||
      long(b) - long(a) ||
      Number(b.preferred) - Number(a.preferred) ||
      pixels(b) - pixels(a),
  );
}

/** What is told of a track that was chosen. */
export function describeChoice(
  file: FileDescription,
  { kind, index, codec }: StreamDescription,
): TrackChoice {
  const tracks = tracksOf(file, kind);
  return { track: 1 + tracks.findIndex((track) => track.index === index), of: tracks.length, codec };
}

/** What is told of a track that no decoder can be had for. */
export function undecodable(file: FileDescription, stream: StreamDescription): string {
  const { track, codec } = describeChoice(file, stream);
  return `its ${stream.kind} track ${track} (${codec}) cannot be decoded here`;
}

/** What is told of a track that was passed over for another. */
export function silent(file: FileDescription, stream: StreamDescription, heard: StreamDescription): string {
  const number = (of: StreamDescription) => describeChoice(file, of).track;
  return `its audio track ${number(stream)} is silent: track ${number(heard)} was heard`;
}

function tracksOf({ streams }: FileDescription, kind: StreamDescription['kind']): StreamDescription[] {
  return streams.filter((stream) => stream.kind === kind && !stream.cover);
}

/** Whether a stretch of sound, at any layout of its samples, holds something to be heard. */
export function isAudible(samples: Float32Array): boolean {
  return samples.some((sample) => Math.abs(sample) > audible);
}
