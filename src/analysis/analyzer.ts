import { availableParallelism } from 'node:os';
import { type Affect, type FilmAffect, filmAffect } from '../affect/index.ts';
import { type Film, type FilmOptions, openFilm, type SampledFrame } from '../clips/index.ts';
import { type Preset, predict, readPreset, type Stream, streams } from '../networks/index.ts';
import type { Provider } from '../runtime/node/index.ts';
import { contentHashOf } from '../support/content-hash.ts';
import { checkedName, InputError } from '../support/errors.ts';
import { clipOf, curveOf, window } from './curve.ts';
import { type Model, untrainedModel } from './model.ts';
import { readModel, starterFolder } from './model-folder.ts';
import { Sessions } from './sessions.ts';
import { soundTrack } from './sound-track.ts';
import { Track } from './track.ts';
import { visualTrack } from './visual-track.ts';

export interface AnalyzerOptions {
  /** A folder with a trained model. Default: the starter model, trained on synthetic films. */
  model?: string;
  /** Instead of a model, networks of this size with random weights, for tests and timings; not beside `model`. */
  preset?: Preset;
  /** What to look at. Default: all that the model knows. */
  streams?: readonly Stream[];
  /** Cores to use. Default: all. */
  threads?: number;
  /** What computes the networks. Default `cpu`. */
  provider?: Provider;
}

export interface AnalyzeOptions {
  decoder?: FilmOptions['decoder'];
  /** Longer films are refused, in seconds. Default and most: 48 hours. */
  maximumDuration?: FilmOptions['maximumDuration'];
  /** The track to take, from 1 among those of its kind. Default: the best that can be decoded and, of sound, heard. */
  videoTrack?: number;
  audioTrack?: number;
  /** Ends the analysis, which then rejects with the signal's reason. */
  signal?: AbortSignal;
  /** @param done how much of the film is analysed, 0 to 1. */
  onProgress?: (done: number) => void;
  /** Each frame that is looked at as a picture, as it has been analysed. */
  onFrame?: (frame: SampledFrame) => void;
}

/** A model ready to analyse films, one after the other. */
export interface Analyzer {
  /** @throws InputError when nothing of the film can be analysed. */
  analyze(path: string, options?: AnalyzeOptions): Promise<FilmAffect>;
  close(): Promise<void>;
}

/**
 * Gets a model ready. Its sessions open when the first film needs them.
 *
 * @throws InputError when the model cannot be used, or a preset is given beside it.
 */
export async function openAnalyzer(options: AnalyzerOptions = {}): Promise<Analyzer> {
  if (options.preset && options.model !== undefined)
    throw new InputError(
      `preset ${options.preset} and model ${options.model}: a model has its own; give one`,
    );
  const model = options.preset
    ? untrainedModel(readPreset(options.preset))
    : await readModel(options.model ?? starterFolder);
  const threads = options.threads ?? availableParallelism();
  const named = options.streams?.map((stream) => checkedName('stream', stream, streams)) ?? streams;
  const wanted = model.network.streams.filter((stream) => named.includes(stream));
  const sessions = new Sessions(model, threads, options.provider);
  return {
    analyze: (path, filmOptions = {}) => analyzeFilm(path, { model, sessions, wanted, threads }, filmOptions),
    close: () => sessions.close(),
  };
}

interface Setting {
  model: Model;
  sessions: Sessions;
  wanted: readonly Stream[];
  threads: number;
}

async function analyzeFilm(
  path: string,
  { model, sessions, wanted, threads }: Setting,
  { decoder = 'auto', maximumDuration, videoTrack, audioTrack, signal, onProgress, onFrame }: AnalyzeOptions,
): Promise<FilmAffect> {
  const ended = new AbortController();
  const contentHash = contentHashOf(path, AbortSignal.any([ended.signal, ...(signal ? [signal] : [])]));
  contentHash.catch(() => {}); // whoever waits for it is told
  const film = await openFilm(path, {
    shortSide: model.network.sizes.shortSide,
    side: model.network.sizes.side,
    flow: wanted.includes('flow'),
    picture: wanted.includes('picture'),
    sound: wanted.includes('sound'),
    decoder,
    threads,
    ...(maximumDuration !== undefined && { maximumDuration }),
    ...(videoTrack !== undefined && { videoTrack }),
    ...(audioTrack !== undefined && { audioTrack }),
    ...(signal && { signal }),
  });
  try {
    const { hasPicture, hasSound, declaredDuration, frameRate } = film.info;
    const used = wanted.filter((stream) => (stream === 'sound' ? hasSound : hasPicture));
    const visualFeatures = featuresOf(model, used);
    const present = used.includes('sound') ? [...visualFeatures, 'sound'] : visualFeatures;
    const { bias, hearing } = constantParts(model, visualFeatures, used.includes('sound'));
    const analysed = (frame: SampledFrame) => {
      onFrame?.(frame);
      if (declaredDuration > 0) onProgress?.(Math.min(frame.time / declaredDuration, 1));
    };
    const tracks = await allOrNone(film, [
      used.some((stream) => stream !== 'sound')
        ? visualTrack(film, model, sessions, { used, present, onFrame: analysed })
        : noTrack(film.frames),
      used.includes('sound') ? soundTrack(film, model, sessions, { hearing, present }) : noTrack(film.sound),
    ]);
    signal?.throwIfAborted();
    const [visual, sound] = tracks;
    if (visual.length + sound.length === 0) {
      throw new InputError(`cannot analyse '${path}': it has nothing for ${wanted.join(', ')} to go by`);
    }
    const { decodedDuration, duration, coverage, problems, notices } = film.summary();
    const heard = (stream: Stream) => (stream === 'sound' ? sound : visual).length > 0;
    return filmAffect({
      file: path,
      contentHash: await contentHash,
      duration,
      coverage,
      ...(hasPicture && frameRate > 0 && { frameRate }),
      tracks: {
        ...(film.info.videoTrack && { picture: film.info.videoTrack }),
        ...(film.info.audioTrack && { sound: film.info.audioTrack }),
      },
      model: model.description,
      window,
      clip: clipOf(bias, tracks),
      curve: curveOf(bias, tracks, decodedDuration),
      unknown: [],
      streams: used.filter(heard),
      decoder: film.info.decoder,
      warnings: warningsFor(
        model,
        wanted.filter((stream) => !(used.includes(stream) && heard(stream))),
        coverage,
        [...notices, ...complaint(problems)],
      ),
    });
  } finally {
    ended.abort();
    await film.close();
  }
}

/** The names of the features that the network gets: fusion of features always has its visual one, if of zeros. */
function featuresOf({ network }: Model, used: readonly Stream[]): string[] {
  return network.heads.flatMap(({ visual, streams }) => {
    const sees = network.fusion === 'features' || streams.some((stream) => used.includes(stream));
    return visual && sees ? [visual] : [];
  });
}

/** What the answer holds in any case, and what it adds that there is sound, whatever is heard. */
function constantParts(
  { network, regression }: Model,
  visual: readonly string[],
  hasSound: boolean,
): { bias: Affect; hearing: Affect } {
  const nothing = { valence: 0, arousal: 0 };
  const { fused, sound } = network.sizes;
  const seen = Object.fromEntries(visual.map((name) => [name, new Float32Array(fused)]));
  const channels = sound.channels[network.soundLayer === 'pool5' ? 4 : 6];
  const withSound = () => predict(network, regression, { ...seen, sound: new Float32Array(channels) });
  // where only sound is left there is nothing to compare with
  if (visual.length === 0) return { bias: withSound(), hearing: nothing };
  const bias = predict(network, regression, seen);
  if (!hasSound) return { bias, hearing: nothing };
  const { valence, arousal } = withSound();
  return { bias, hearing: { valence: valence - bias.valence, arousal: arousal - bias.arousal } };
}

/** Waits for all; when one fails the film is closed, so that the others end, and its error is thrown. */
async function allOrNone(
  film: Film,
  tracks: readonly [Promise<Track>, Promise<Track>],
): Promise<[Track, Track]> {
  try {
    return await Promise.all(tracks);
  } catch (error) {
    await film.close();
    await Promise.allSettled(tracks);
    throw error;
  }
}

async function noTrack(stream: AsyncIterable<unknown>): Promise<Track> {
  for await (const _ of stream);
  return new Track([]);
}

function warningsFor(
  model: Model,
  missing: readonly Stream[],
  coverage: number,
  notices: readonly string[],
): string[] {
  const warnings: string[] = [];
  const { trained, synthetic } = model.description;
  if (trained === false) warnings.push('untrained: the weights are random, so the numbers mean nothing');
  if (synthetic)
    warnings.push(
      'the model has seen synthetic films only (rendered, not filmed): for a real film its numbers are a first guess',
    );
  if (missing.length > 0) warnings.push(`nothing could be made of its ${missing.join(' and ')}`);
  if (coverage < 0.98) warnings.push(`only ${Math.floor(coverage * 100)} % of it could be decoded`);
  warnings.push(...notices);
  return warnings;
}

/** What the decoder said, as a sentence; none where it said nothing. */
function complaint(problems: readonly string[]): string[] {
  if (problems.length === 0) return [];
  const more = problems.length > 1 ? ` (and ${problems.length - 1} more like it)` : '';
  return [`the decoder says: ${problems[0]}${more}`];
}
