import { type FilmSource, type Moment, type MomentField, restingField } from '../../streams/index.ts';
import { sampleRate } from '../../support/sound.ts';
import type { ClipFile } from './clip-file.ts';

/**
 * A prepared clip as a film that can be read, without decoding it again.
 *
 * @param step every so many moments one is given, from the first on; all unless told.
 */
export function clipSource(clip: ClipFile, step = 1): FilmSource {
  const { width, height, duration, segmentCount, sampleCount } = clip;
  const count = Math.ceil(segmentCount / step);
  const moments = async function* (): AsyncGenerator<Moment, void, undefined> {
    for (let number = 0; number < count; number++) {
      const wanted = { frame: true, pair: false };
      const [{ time, picture, faces }] = (await clip.segments([step * number], wanted)) as [Segment];
      yield { number, time, picture, faces };
    }
  };
  const fields = async function* (): AsyncGenerator<MomentField, void, undefined> {
    const frame = { width, height };
    for (let moment = 0; moment < count; moment++) {
      const [segment] = (await clip.segments([step * moment], { frame: false, pair: true })) as [Segment];
      if (segment.fields.length === 0) yield { moment, field: restingField, frame };
      for (const field of segment.fields) yield { moment, field, frame };
    }
  };
  const sound = async function* (): AsyncGenerator<Float32Array, void, undefined> {
    for (let start = 0; start < sampleCount; start += sampleRate)
      yield await clip.waveform(start, Math.min(start + sampleRate, sampleCount));
  };
  return {
    info: {
      hasPicture: segmentCount > 0,
      hasSound: sampleCount > 0,
      declaredDuration: duration,
      frameRate: 0,
      decoder: 'prepared',
    },
    moments: moments(),
    fields: fields(),
    sound: sound(),
    summary: () => ({ decodedDuration: duration, duration, coverage: 1, problems: [], notices: [] }),
    close: async () => {},
  };
}

type Segment = Awaited<ReturnType<ClipFile['segments']>>[number];
