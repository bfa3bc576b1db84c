import { type MediaInfo, type MediaOptions, openMedia } from '../media/index.ts';
import { sampleRate } from '../support/sound.ts';
import { BarSearch, type Bars, Loudness, noBars } from '../survey/index.ts';

/** What holds over a whole film, whichever part of it is looked at. */
export interface FilmSurvey {
  readonly bars: Bars;
  /** Integrated loudness in LUFS; undefined where it is silent, or has no sound. */
  readonly loudness: number | undefined;
  /** How many samples its sound has, where it was listened to. */
  readonly samples?: number | undefined;
}

export interface SurveyOptions
  extends Pick<
    MediaOptions,
    'decoder' | 'process' | 'threads' | 'maximumDuration' | 'videoTrack' | 'audioTrack' | 'signal'
  > {
  readonly picture: boolean;
  readonly sound: boolean;
  /** Told of what the film has, of picture and sound as asked for. */
  readonly onTracks?: (tracks: Pick<MediaInfo, 'hasPicture' | 'hasSound'>) => void;
}

/** Lines of the frames in which bars are looked for: a bar's edge is known to one of them. */
const lines = 360;
/** With fewer key frames than this all frames are looked at. */
const fewestFrames = 12;
/** Seconds of film that are then looked at, and between the frames of it. */
const longestLook = 60;
const betweenFrames = 0.25;
/** Times are rounded, and these are differences of them. */
const rounding = 1e-6;

/** Reads a film once: all its sound, and its key frames. @throws InputError as `openMedia` does. */
export async function surveyFilm(path: string, options: SurveyOptions): Promise<FilmSurvey> {
  const first = await look(path, options, { sound: options.sound, keyFramesOnly: true });
  if (first.frames === 0 || first.frames >= fewestFrames) return first;
  const { bars } = await look(path, options, { sound: false, keyFramesOnly: false });
  return { bars, loudness: first.loudness, samples: first.samples };
}

async function look(
  path: string,
  { picture, sound: _, onTracks, ...options }: SurveyOptions,
  { sound, keyFramesOnly }: { readonly sound: boolean; readonly keyFramesOnly: boolean },
): Promise<FilmSurvey & { frames: number }> {
  const media = await openMedia(path, {
    ...{
      ...options,
      shortSide: lines,
      gray: picture,
      rgbEvery: 0,
      sound,
      keyFramesOnly,
      framePeriod: betweenFrames,
    },
  });
  onTracks?.(media.info);
  const loudness = new Loudness(sampleRate);
  let search: BarSearch | undefined;
  let frames = 0;
  let samples = 0;
  let next = 0;
  for await (const item of media) {
    if (item.kind === 'audio') {
      loudness.push(item.chunk.samples);
      samples += item.chunk.samples.length;
    } else {
      const { width, height, gray, time } = item.frame;
      if (time < next - rounding) continue;
      if (!keyFramesOnly && time > longestLook) break;
      next = time + betweenFrames;
      search ??= new BarSearch(width, height);
      search.push(gray);
      frames++;
    }
  }
  return { bars: search?.bars() ?? noBars, loudness: loudness.integrated(), samples, frames };
}
