import { type Looks, type MediaInfo, type MediaOptions, openMedia, type VideoFrame } from '../media/index.ts';
import { sampleRate } from '../support/sound.ts';
import { BarSearch, type Bars, Loudness, noBars } from '../survey/index.ts';

/** What holds over a whole film, whichever part of it is looked at. */
export interface FilmSurvey {
  readonly bars: Bars;
  /** Whether it was guessed from a few frames that there are no bars: `BarLook` tells, when it is shown the film. */
  readonly isGuess?: boolean;
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
  /** Whether it may be guessed that there are no bars, of a film that is short and has few key frames. */
  readonly mayGuess?: boolean;
  /** Told of what the film has, of picture and sound as asked for. */
  readonly onTracks?: (tracks: Pick<MediaInfo, 'hasPicture' | 'hasSound' | 'declaredDuration'>) => void;
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

/** What `BarLook` is shown of a film. */
export const barLooks: Pick<Looks, 'shortSide' | 'framePeriod'> = {
  shortSide: lines,
  framePeriod: betweenFrames,
};

/** Looks for bars in the frames of a film, some a second. */
export class BarLook {
  private search: BarSearch | undefined;
  private next = 0;
  private readonly end: number;
  /** That were looked at. */
  frames = 0;
  /** Whether no later frame is looked at. */
  isOver = false;

  /** @param end seconds of the film that are looked at. */
  constructor(end: number = longestLook) {
    this.end = end;
  }

  /** The next frame; those that lie too close to the one before are passed over. */
  push({ width, height, gray, time }: VideoFrame): void {
    if (time < this.next - rounding) return;
    this.isOver ||= time > this.end;
    if (this.isOver) return;
    this.next = time + betweenFrames;
    this.search ??= new BarSearch(width, height);
    this.search.push(gray);
    this.frames++;
  }

  /** What is found so far. */
  bars(): Bars {
    return this.search?.bars() ?? noBars;
  }

  /** Whether further frames will hardly show bars. */
  get seesNone(): boolean {
    return this.search?.reachesEdges === true;
  }
}

/** Reads a film once: all its sound, and its key frames. @throws InputError as `openMedia` does. */
export async function surveyFilm(path: string, options: SurveyOptions): Promise<FilmSurvey> {
  const { mayGuess = false, ...looking } = options;
  const first = await look(path, looking, { sound: options.sound, keyFramesOnly: true });
  const { loudness, samples, seen } = first;
  const bars = seen.bars();
  const count = seen.frames;
  if (count === 0 || count >= fewestFrames) return { bars, loudness, samples };
  const { decoder, declaredDuration } = first.info;
  // the other decoder gives no looks; and of a long film more would be done in vain
  const isShort = declaredDuration > 0 && declaredDuration <= longestLook;
  if (mayGuess && decoder === 'node-av' && isShort && seen.seesNone)
    return { bars: noBars, loudness, samples, isGuess: true };
  const second = await look(path, looking, { sound: false, keyFramesOnly: false });
  return { bars: second.seen.bars(), loudness, samples };
}

async function look(
  path: string,
  { picture, sound: _, onTracks, ...options }: SurveyOptions,
  { sound, keyFramesOnly }: { readonly sound: boolean; readonly keyFramesOnly: boolean },
): Promise<Omit<FilmSurvey, 'bars'> & { seen: BarLook; info: MediaInfo }> {
  const media = await openMedia(path, {
    ...{ ...options, ...barLooks, gray: picture, rgbEvery: 0, sound, keyFramesOnly },
  });
  onTracks?.(media.info);
  const loudness = new Loudness(sampleRate);
  const seen = new BarLook(keyFramesOnly ? Number.POSITIVE_INFINITY : longestLook);
  let samples = 0;
  for await (const item of media) {
    if (item.kind === 'audio') {
      loudness.push(item.chunk.samples);
      samples += item.chunk.samples.length;
    } else seen.push(item.frame);
    if (seen.isOver) break;
  }
  return { seen, loudness: loudness.integrated(), samples, info: media.info };
}
