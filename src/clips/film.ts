import { availableParallelism } from 'node:os';
import { setImmediate } from 'node:timers/promises';
import type { FaceWatcher } from '../faces/index.ts';
import type { GrayImage } from '../flow/index.ts';
import { type FlowWorkers, flowOfFrames } from '../flow/node/index.ts';
import {
  DecodingProcess,
  type Media,
  type MediaOptions,
  openMedia,
  type VideoFrame,
} from '../media/index.ts';
import type { ShotDetector } from '../shots/index.ts';
import {
  type Field,
  type FilmSource,
  framesPerMoment,
  type Material,
  type Moment,
  type MomentField,
  momentPeriod,
  type Preprocessing,
  pairSampling,
  restingField,
} from '../streams/index.ts';
import { Channel } from '../support/channel.ts';
import { sampleRate } from '../support/sound.ts';
import { gainFor, LowCut, noBars } from '../survey/index.ts';
import { inUnit, reduced } from './field-unit.ts';
import { HeldMoments } from './held-moments.ts';
import { BarLook, barLooks, type FilmSurvey, type SurveyOptions, surveyFilm } from './survey.ts';

/** So many fields are given without a turn of the event loop. */
const fieldsBetweenTurns = 1000;

/** How a film is opened, and what is wanted of it. */
export interface FilmOptions
  extends Pick<
    MediaOptions,
    'decoder' | 'process' | 'threads' | 'maximumDuration' | 'videoTrack' | 'audioTrack' | 'signal'
  > {
  readonly preprocessing: Preprocessing;
  /** Threads of the decoder, where they are not those of the flow: what it makes of damaged pictures may depend on them. */
  readonly decodingThreads?: number;
  /** What holds over the film, where that is known already. */
  readonly survey?: FilmSurvey;
  /**
   * Whether it may be guessed from a few frames that there are no bars, so that a film is decoded once. If its frames then
   * show some, all that it gives fails with `WrongGuess`.
   */
  readonly mayGuess?: boolean;
  /** What is wanted of the film; the rest is not decoded. */
  readonly wants: readonly Material[];
  /** Only this part of it, in seconds; times then count from its beginning. */
  readonly part?: { readonly start?: number | undefined; readonly end?: number | undefined } | undefined;
  /** What computes motion, where it stays from one film to the next. Default: threads of this film alone. */
  readonly flowWorkers?: FlowWorkers;
  /** Told of what the film has of what is wanted as soon as that is known: by its survey, and again by the film itself. */
  readonly onTracks?: NonNullable<SurveyOptions['onTracks']>;
  /** What watches the faces of the film, where these are wanted. */
  readonly faces?: FaceWatcher | undefined;
  /**
   * Is shown every frame that is looked at, or that motion is taken from; each moment's picture then says how long the shot
   * around it lasts, for which moments are held back.
   */
  readonly shots?: ShotDetector | undefined;
  /** Told of every frame that is looked at, or that motion is taken from. */
  readonly onFrame?: (frame: VideoFrame) => void;
}

/** A film has bars that were not guessed, or was not looked at: it has to be opened again, without a guess. */
export class WrongGuess extends Error {}

/** Frames on their way to the flow: enough that its threads never wait, few enough to cost little. */
const graysAhead = 16;
/** Moments wait for the motion around them. In a still each has but one pair of frames, so these have to be more than the pairs that flow holds back: those on their way, a batch, and some for each thread. */
const momentsAhead = (threads: number) => 48 + 4 * threads;
const soundAhead = 4;

/**
 * Opens a film and starts decoding it: the one place where films become what networks see and hear, for training and
 * analysis alike. When the signal aborts, all that it gives fails with the signal's reason. A `process` that is given is
 * closed with the film, or when it cannot be opened.
 *
 * @throws InputError naming the file and what is wrong with it, here or while reading.
 */
export async function openFilm(path: string, options: FilmOptions): Promise<FilmSource> {
  const { process = new DecodingProcess(path), decodingThreads: threads = options.threads } = options;
  const decoding = { ...options, process, ...(threads !== undefined && { threads }) };
  try {
    const survey = options.survey ?? (await surveyFor(path, decoding));
    const barLook = survey.isGuess ? new BarLook() : undefined;
    const media = await mediaOf(path, decoding, { ...survey, barLook });
    options.onTracks?.(media.info);
    return new DecodedFilm(media, process, options, { ...survey, barLook });
  } catch (error) {
    await process.close();
    throw error;
  }
}

/** What is known of a film that is being decoded. */
interface LookedAt extends FilmSurvey {
  /** Where the bars are a guess. */
  readonly barLook: BarLook | undefined;
}

async function mediaOf(path: string, options: FilmOptions, { bars, barLook }: LookedAt): Promise<Media> {
  const {
    process,
    preprocessing,
    wants,
    decoder = 'auto',
    threads,
    maximumDuration,
    videoTrack,
    audioTrack,
    signal,
  } = options;
  const sees = seesWith(wants);
  const clock = preprocessing.sampling === 'clock';
  return await openMedia(path, {
    shortSide: preprocessing.shortSide,
    ...(preprocessing.bars === 'cut' && { margins: bars }),
    gray: wants.includes('pair') || options.shots !== undefined,
    looks: barLook && { ...barLooks, onLook: (frame) => barLook.push(frame) },
    ...(clock
      ? { rgbPeriod: sees ? momentPeriod : 0, rgbEvery: 0 }
      : { rgbEvery: sees ? framesPerMoment : 0 }),
    sound: wants.includes('waveform'),
    decoder,
    ...(process && { process }),
    ...(threads !== undefined && { threads }),
    ...(maximumDuration !== undefined && { maximumDuration }),
    ...(videoTrack !== undefined && { videoTrack }),
    ...(audioTrack !== undefined && { audioTrack }),
    ...(signal && { signal }),
  });
}

/** Whether pictures are decoded for what is wanted. */
function seesWith(wants: readonly Material[]): boolean {
  return wants.some((material) => material !== 'waveform');
}

/** What has to be known of the film before its preprocessing can begin; nothing is read of it that is not. */
export async function surveyFor(
  path: string,
  { preprocessing, wants, onTracks, mayGuess = false, ...options }: Omit<FilmOptions, 'survey'>,
): Promise<FilmSurvey> {
  const picture = preprocessing.bars === 'cut' && seesWith(wants);
  const sound = preprocessing.sound.loudness !== null && wants.includes('waveform');
  if (!picture && !sound) return { bars: noBars, loudness: undefined };
  const { decoder, process, threads, maximumDuration, videoTrack, audioTrack, signal } = options;
  return await surveyFilm(path, {
    ...{ picture, sound, mayGuess },
    ...(onTracks && { onTracks }),
    ...(process && { process }),
    ...(decoder !== undefined && { decoder }),
    ...(threads !== undefined && { threads }),
    ...(maximumDuration !== undefined && { maximumDuration }),
    ...(videoTrack !== undefined && { videoTrack }),
    ...(audioTrack !== undefined && { audioTrack }),
    ...(signal && { signal }),
  });
}

/** What is known of the pair of frames whose flow is being computed. */
interface Pair {
  readonly place: number;
  /** From pixels of the field to pictures' heights in the unit of the preprocessing. */
  readonly scale: number;
  readonly rests: readonly number[];
}

class DecodedFilm implements FilmSource {
  readonly info: FilmSource['info'];
  readonly moments: Channel<Moment>;
  readonly fields: AsyncIterable<MomentField>;
  readonly sound: Channel<Float32Array> = new Channel(soundAhead);
  private readonly grays = new Channel<GrayImage>(graysAhead);
  private readonly media: Media;
  private readonly process: DecodingProcess;
  private readonly options: FilmOptions;
  /** What the sound is multiplied with. */
  private readonly gain: number;
  private readonly lowCut: LowCut | undefined;
  private readonly barLook: BarLook | undefined;
  private readonly reading: Promise<void>;
  /** Of the frames in `grays` but the first, in order. */
  private readonly pairs: Pair[] = [];
  /** Of all moments so far. */
  private readonly places: number[] = [];

  constructor(media: Media, process: DecodingProcess, options: FilmOptions, survey: LookedAt) {
    this.media = media;
    this.process = process;
    this.options = options;
    const { loudness, highPass } = options.preprocessing.sound;
    this.gain = loudness === null ? 1 : gainFor(survey.loudness);
    this.barLook = survey.barLook;
    this.lowCut = highPass === null ? undefined : new LowCut(sampleRate);
    this.info = {
      ...media.info,
      ...(loudness !== null && survey.loudness !== undefined && { loudness: survey.loudness }),
      isSilent: media.info.hasSound && loudness !== null && survey.loudness === undefined,
      ...(survey.samples !== undefined && !options.part && { samples: survey.samples }),
    };
    this.moments = new Channel(momentsAhead(options.threads ?? availableParallelism()));
    this.fields = options.wants.includes('pair') ? this.fieldsOfMoments() : empty;
    const { signal } = options;
    // at once: the media may be stuck behind a channel that is full, or may fail by its decoder's end first
    const abort = () => {
      for (const channel of this.channels) channel.abort(signal?.reason);
    };
    signal?.addEventListener('abort', abort, { once: true });
    if (signal?.aborted) abort();
    this.reading = this.read()
      .then(
        () => {
          for (const channel of this.channels) channel.end();
        },
        (error) => {
          for (const channel of this.channels) channel.fail(error);
        },
      )
      .finally(() => {
        signal?.removeEventListener('abort', abort);
        return this.process.close();
      });
  }

  private get channels(): Channel<unknown>[] {
    return [this.moments, this.sound, this.grays] as Channel<unknown>[];
  }

  summary() {
    return this.media.summary();
  }

  async close(): Promise<void> {
    for (const channel of this.channels) channel.end();
    await this.media.close();
    await this.process.close();
    await this.reading;
  }

  private async read(): Promise<void> {
    const { preprocessing, wants, part, shots, onFrame } = this.options;
    const held = shots && new HeldMoments(shots);
    const { start = 0, end = Number.POSITIVE_INFINITY } = part ?? {};
    const sampling = pairSampling(preprocessing.sampling);
    let [index, last] = [0, 0];
    for await (const item of this.media) {
      if (item.kind === 'audio') {
        const samples = within(item.chunk, start, end);
        if (samples.length > 0) await this.sound.push(this.leveled(samples));
        continue;
      }
      if (item.frame.time < start - 1e-3 || item.frame.time >= end) continue;
      const frame = { ...item.frame, time: Math.max(0, item.frame.time - start), index: index++ };
      const { width, height, time, rgb, gray } = frame;
      last = time;
      const chosen = wants.includes('pair') || shots ? sampling.next(frame) : undefined;
      if (chosen || rgb) {
        onFrame?.(frame);
        shots?.push({ time, width, height, pixels: gray });
      }
      if (rgb) {
        this.places.push(sampling.place(frame));
        const picture = { width, height, rgb };
        const faces = await this.options.faces?.watch(picture, time);
        const moment = { number: this.places.length - 1, time, picture, faces };
        for (const ready of held ? held.push(moment) : [moment]) await this.moments.push(ready);
      }
      if (!chosen || !wants.includes('pair')) continue;
      const image = reduced({ width, height, data: gray }, preprocessing.flow.lines);
      if (chosen.pair) {
        const scale = (chosen.pair.rate * preprocessing.flow.unit) / image.height;
        this.pairs.push({ place: chosen.pair.place, scale, rests: chosen.rests });
      }
      await this.grays.push(image);
    }
    this.checkGuess();
    for (const moment of held?.end(last) ?? []) await this.moments.push(moment);
  }

  /** @throws WrongGuess where there is one, and it was wrong. */
  private checkGuess(): void {
    const { barLook } = this;
    if (!barLook) return;
    const { top, bottom, left, right } = barLook.bars();
    if (barLook.frames === 0 || Math.max(top, bottom, left, right) > 0)
      throw new WrongGuess('that there are no bars was guessed');
  }

  private leveled(samples: Float32Array): Float32Array {
    const heard = this.lowCut?.apply(samples) ?? samples;
    return this.gain === 1 ? heard : heard.map((sample) => sample * this.gain);
  }

  /** Every field with the moment it is nearest to, once that is certain; moments without one are at rest. */
  private async *fieldsOfMoments(): AsyncGenerator<MomentField, void, undefined> {
    const { preprocessing, threads, flowWorkers, signal } = this.options;
    const { width, height } = this.media.info;
    const frame = { width, height };
    const waiting: { place: number; field: Field }[] = [];
    /** How many of these have been given: to take each off the front would cost the square of a long pause. */
    let taken = 0;
    let moment = 0;
    let given = false;
    const assigned = function* (this: DecodedFilm, isLast: boolean): Generator<MomentField> {
      const { places } = this;
      for (let first = waiting[taken]; first && places.length > 0; first = waiting[taken]) {
        if (!isLast && places.at(-1)! <= first.place) return;
        while (moment + 1 < places.length && isNearer(first.place, places[moment + 1]!, places[moment]!)) {
          if (!given) yield { moment, field: restingField, frame };
          moment++;
          given = false;
        }
        given = true;
        taken++;
        yield { moment, field: first.field, frame };
      }
    }.bind(this);

    const flow = flowOfFrames(this.grays, {
      ...{ preset: preprocessing.flow.preset, threads, signal },
      workers: flowWorkers,
    });
    for await (const field of flow) {
      const { place, scale, rests } = this.pairs.shift()!;
      for (const rest of rests) waiting.push({ place: rest, field: restingField });
      waiting.push({ place, field: inUnit(field, scale, preprocessing) });
      yield* inTurns(assigned(false));
      waiting.splice(0, taken);
      taken = 0;
    }
    yield* inTurns(assigned(true));
    for (; moment < this.places.length; moment++) {
      if (!given) yield { moment, field: restingField, frame };
      given = false;
    }
  }
}

/** The same items, with turns of the event loop: a long pause has many, and meanwhile nobody would hear Ctrl-C. */
async function* inTurns<Item>(items: Iterable<Item>): AsyncGenerator<Item, void, undefined> {
  let count = 0;
  for (const item of items) {
    if (++count % fieldsBetweenTurns === 0) await setImmediate();
    yield item;
  }
}

/** A place halfway between two moments is the later one's. */
function isNearer(place: number, later: number, earlier: number): boolean {
  return later - place <= place - earlier + 1e-9;
}

/** The samples of a chunk that sound between two times. */
function within(
  { start, samples }: { readonly start: number; readonly samples: Float32Array },
  from: number,
  to: number,
): Float32Array {
  const first = Math.max(0, Math.round(from * sampleRate) - start);
  const last = Math.min(samples.length, Math.round(to * sampleRate) - start);
  return first === 0 && last === samples.length ? samples : samples.slice(first, Math.max(first, last));
}

const empty: AsyncIterable<never> = {
  async *[Symbol.asyncIterator]() {},
};
