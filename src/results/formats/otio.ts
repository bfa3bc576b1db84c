import { basename } from 'node:path';
import { type Affect, type FilmAffect, peaksOf } from '../../affect/index.ts';
import type { Format } from './format.ts';
import { feltStretches } from './stretches.ts';
import { type FrameCount, frameAt, framesOf, inFrames } from './timecode.ts';
import { provenance, valuesText } from './words.ts';

/** OpenTimelineIO: the shots as clips of one track, with markers where the film begins to feel different and at peaks. */
export const otio: Format = {
  name: 'otio',
  about: 'OpenTimelineIO: the shots as clips, with markers, for editors',
  endings: ['.otio'],
  write({ film }) {
    const { count, start } = framesOf(film);
    const time = (value: number) => ({ OTIO_SCHEMA: 'RationalTime.1', rate: count.rate, value });
    const range = (first: number, end: number) => ({
      OTIO_SCHEMA: 'TimeRange.1',
      start_time: time(first),
      duration: time(end - first),
    });
    const end = frameAt(film.duration, count);
    const media = {
      OTIO_SCHEMA: 'ExternalReference.1',
      target_url: encodeURI(basename(film.file)),
      available_range: range(start, start + end),
    };
    const name = basename(film.file);
    const clips = shotsOf(film, count).map(({ first, end, ...shot }) => ({
      OTIO_SCHEMA: 'Clip.1',
      name,
      source_range: range(start + first, start + end),
      media_reference: media,
      metadata: { affectline: shot },
      effects: [],
      markers: [],
      enabled: true,
    }));
    const track = {
      OTIO_SCHEMA: 'Track.1',
      name: 'shots',
      kind: 'Video',
      children: clips,
      markers: markersOf(film, count).map(({ first, end, name, color, metadata }) => ({
        OTIO_SCHEMA: 'Marker.2',
        name,
        color,
        marked_range: range(first, end),
        metadata: { affectline: metadata },
      })),
      effects: [],
      enabled: true,
      source_range: null,
      metadata: {},
    };
    const timeline = {
      OTIO_SCHEMA: 'Timeline.1',
      name,
      global_start_time: time(start),
      tracks: {
        OTIO_SCHEMA: 'Stack.1',
        name: 'tracks',
        children: [track],
        effects: [],
        markers: [],
        enabled: true,
        source_range: null,
        metadata: {},
      },
      metadata: { affectline: { statement: provenance(film), affect: film.affect, clip: film.clip } },
    };
    return [`${JSON.stringify(timeline, null, 1)}\n`];
  },
};

/** One after the other without gap. */
function shotsOf(film: FilmAffect, count: FrameCount) {
  const spans: (Affect & { from: number; to: number })[] = [
    ...(film.shots ?? [{ from: 0, to: film.duration, ...film.clip }]),
  ];
  return inFrames(spans, count);
}

function markersOf(film: FilmAffect, count: FrameCount) {
  const stretches = inFrames(feltStretches(film), count).map(({ first, end, feeling, affect }) => ({
    ...{ first, end },
    name: feeling,
    color: feeling.startsWith('excited') ? 'RED' : 'BLUE',
    metadata: { kind: 'stretch', ...affect },
  }));
  const levels = film.curve.map(({ arousal }) => arousal - film.clip.arousal);
  const peaks = peaksOf(levels, 5, Math.ceil(20 / film.window.step))
    .filter(({ kind }) => kind === 'high')
    .map(({ index }) => {
      const point = film.curve[index]!;
      const first = frameAt(point.time, count);
      const { valence, arousal } = point;
      const metadata = { kind: 'peak', valence, arousal };
      return { first, end: first + 1, name: `peak: ${valuesText(point, film)}`, color: 'YELLOW', metadata };
    });
  return [...stretches, ...peaks];
}
