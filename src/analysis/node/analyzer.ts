import { availableParallelism } from 'node:os';
import type { FilmAffect } from '../../affect/index.ts';
import { type FilmOptions as DecodingOptions, openFilm, surveyFor } from '../../clips/index.ts';
import { type FaceReader, faceFiles, openFaceReader } from '../../faces/node/index.ts';
import { type FilmFeatures, openAhead, Sessions } from '../../features/index.ts';
import { FlowWorkers } from '../../flow/node/index.ts';
import { type Model, untrainedModel } from '../../models/index.ts';
import { readModel, starterFolder } from '../../models/node/index.ts';
import type { Runtime } from '../../runtime/index.ts';
import { nodeRuntime, type Provider } from '../../runtime/node/index.ts';
import { ShotDetector } from '../../shots/index.ts';
import {
  asksForShots,
  centerCrop,
  isFused,
  type Material,
  type Moment,
  type Preset,
  presetNamed,
  streamNamed,
  streamsNamed,
} from '../../streams/index.ts';
import { unlessAborted } from '../../support/aborted.ts';
import { contentHashOf } from '../../support/content-hash.ts';
import { InputError } from '../../support/errors.ts';
import { analyzeFilm } from '../analyze.ts';
import { attributePlaces, type PlaceAttribution } from '../places.ts';

/** What analyzes films, and with what. */
export interface AnalyzerOptions {
  /**
   * A folder with a trained model, or of a run that made one, or `hf:owner/name` of the Hugging Face Hub. Default: the
   * starter model, trained on synthetic films.
   */
  model?: string;
  /** Instead of a model, networks of this size with random weights, for tests and timings; not beside `model`. */
  preset?: Preset;
  /** What to look at. Default: all that the model knows. */
  streams?: readonly string[];
  /** Cores to use. Default: all. */
  threads?: number;
  /** What computes the networks. Default `cpu`. */
  provider?: Provider;
}

/** How one film is to be analyzed. */
export interface AnalyzeOptions {
  decoder?: DecodingOptions['decoder'];
  /** What decodes the film, where it has been started ahead; it is closed with the film. */
  process?: DecodingOptions['process'];
  /** Longer films are refused, in seconds. Default and most: 48 hours. */
  maximumDuration?: DecodingOptions['maximumDuration'];
  /** The track to take, from 1 among those of its kind. Default: the best that can be decoded and, of sound, heard. */
  videoTrack?: number;
  audioTrack?: number;
  /** Ends the analysis, which then rejects with the signal's reason. */
  signal?: AbortSignal;
  /** @param done how much of the film is analyzed, 0 to 1. */
  onProgress?: (done: number) => void;
  /** Each frame that is looked at as a picture, as it has been analyzed. */
  onFrame?: (frame: Moment) => void;
  /** The feature vectors that the answer was read off. */
  onFeatures?: (features: FilmFeatures) => void;
}

/** What a picture's places add to a point of a film's curve, and where in the picture they lie. */
export interface FilmPlaces extends PlaceAttribution {
  /** The part of the upright picture that the network sees, as shares of its width and height. */
  readonly view: {
    readonly left: number;
    readonly top: number;
    readonly width: number;
    readonly height: number;
  };
}

/** A model ready to analyze films; what it computes with stays from one to the next. */
export interface Analyzer {
  readonly model: Model;
  /** What it looks at and listens to, of what the model knows. */
  readonly streams: readonly string[];
  /** @throws InputError when nothing of the film can be analyzed. */
  analyze(path: string, options?: AnalyzeOptions): Promise<FilmAffect>;
  /**
   * Where in the picture a point of a film's curve comes from (see `attributePlaces`). The film is decoded from its
   * beginning up to there, and looked at around the point.
   *
   * @param affect what this analyzer's model made of the film.
   * @param at seconds: that of the point nearest to it.
   * @returns undefined where nothing that has a place is seen at that moment.
   * @throws InputError when the film cannot be read, `affect` is of another model, or the model has a head over time, whose
   *   values are no sums over places.
   */
  places(
    path: string,
    affect: FilmAffect,
    at: number,
    options?: { signal?: AbortSignal },
  ): Promise<FilmPlaces | undefined>;
  close(): Promise<void>;
}

/**
 * Seconds before a stretch from which on a film is looked at: pairs of frames are chosen by those before them. Parts begin
 * at multiples of it, ten moments, so that the same frames are looked at as in the whole film, and the same way round.
 */
const lead = 4;

/**
 * Gets a model ready. Its sessions open when the first film needs them.
 *
 * @throws InputError when the model cannot be used, a preset is given beside it, or it has none of the streams.
 */
export async function openAnalyzer(options: AnalyzerOptions = {}): Promise<Analyzer> {
  if (options.preset && options.model !== undefined)
    throw new InputError(
      `preset ${options.preset} and model ${options.model}: a model has its own; give one`,
    );
  const model = options.preset
    ? untrainedModel(presetNamed(options.preset))
    : await readModel(options.model ?? starterFolder);
  const threads = options.threads ?? availableParallelism();
  const { provider } = options;
  const runtime = nodeRuntime({ threads, ...(provider && { provider }) });
  return analyzerOf(model, usedStreams(model, options.streams), { runtime, threads });
}

/**
 * An analyzer with a model that has been read.
 *
 * @param streams of the model's.
 * @param computing what computes its networks, and the cores that decoding and flow may use.
 */
export function analyzerOf(
  model: Model,
  streams: readonly string[],
  { runtime, threads }: { readonly runtime: Runtime; readonly threads: number },
): Analyzer {
  const wants = [...new Set(streams.map((stream): Material => streamNamed(stream).takes))];
  const sessions = new Sessions(model, runtime);
  const flowWorkers = new FlowWorkers();
  let opening: Promise<FaceReader> | undefined;
  /** For one film; nothing where no stream takes faces. */
  const faceWatcher = async () => {
    if (!wants.includes('faces')) return undefined;
    const { faces: wanted } = model.preprocessing;
    opening ??= openFaceReader(faceFiles(), { ...(wanted && { wanted }) });
    return (await opening).watcher();
  };
  return {
    model,
    streams,
    async analyze(path, options = {}) {
      const { decoder = 'auto', process, maximumDuration, videoTrack, audioTrack, signal } = options;
      const { onProgress, onFrame, onFeatures } = options;
      const ended = new AbortController();
      const contentHash = contentHashOf(path, AbortSignal.any([ended.signal, ...(signal ? [signal] : [])]));
      contentHash.catch(() => {}); // whoever waits for it is told
      const isHeld = asksForShots(streams);
      const shots = isHeld || wants.includes('pair') ? new ShotDetector() : undefined;
      const film = await openFilm(path, {
        ...{ wants, decoder, threads, flowWorkers, faces: await faceWatcher() },
        onTracks: ({ hasPicture, declaredDuration: seconds }) => {
          if (!hasPicture) return;
          if (wants.includes('pair')) flowWorkers.start(threads);
          openAhead({ model, sessions, streams, seconds });
        },
        ...(process && { process }),
        ...(isHeld && { shots }),
        ...(shots &&
          !isHeld && {
            onFrame: ({ time, width, height, gray }) => shots.push({ time, width, height, pixels: gray }),
          }),
        preprocessing: model.preprocessing,
        ...(maximumDuration !== undefined && { maximumDuration }),
        ...(videoTrack !== undefined && { videoTrack }),
        ...(audioTrack !== undefined && { audioTrack }),
        ...(signal && { signal }),
      });
      try {
        const analysis = analyzeFilm(film, {
          ...{ model, sessions, streams, contentHash, shots, signal, onProgress },
          name: path,
          options: {
            ...{ streams, decoder },
            ...(videoTrack !== undefined && { videoTrack }),
            ...(audioTrack !== undefined && { audioTrack }),
          },
          onMoment: onFrame,
        });
        // who cancels need not wait for a session that is opening or in a run; it is closed with the analyzer
        const { affect, features } = await unlessAborted(analysis, signal);
        onFeatures?.(features);
        return affect;
      } finally {
        ended.abort();
        await film.close();
      }
    },
    async places(path, affect, at, { signal } = {}) {
      if (model.temporal)
        throw new InputError(
          `where in the picture a value comes from is not told by ${model.description.name}: its head sees the seconds around, and is no sum over places; a model without a temporal head tells it`,
          'unusable-model',
        );
      if (affect.model.contentHash !== model.description.contentHash)
        throw new InputError(
          `'${path}' was analyzed by another model (${affect.model.name}) than ${model.description.name}`,
          'unusable-model',
        );
      const { curve, duration, window, options } = affect;
      const seeing = affect.streams.filter(isFused);
      if (seeing.length === 0 || curve.length === 0) return undefined;
      const { time } = curve.reduce((best, point) =>
        Math.abs(point.time - at) < Math.abs(best.time - at) ? point : best,
      );
      const from = Math.max(time - window.length / 2, 0);
      const to = Math.min(time + window.length / 2, duration);
      const start = lead * Math.floor(Math.max(from - lead, 0) / lead);
      const looked = {
        ...{ wants: [...new Set(seeing.map((stream): Material => streamNamed(stream).takes))] },
        ...{ threads, flowWorkers },
        preprocessing: model.preprocessing,
        decoder: (options.decoder as DecodingOptions['decoder']) ?? 'auto',
        ...(options.videoTrack !== undefined && { videoTrack: options.videoTrack }),
        ...(signal && { signal }),
      };
      const survey = await surveyFor(path, looked);
      const film = await openFilm(path, { ...looked, survey, part: { start }, faces: await faceWatcher() });
      try {
        const tracks = model.network.tracks.filter(({ streams }) =>
          streams.some((stream) => affect.streams.includes(stream)),
        );
        let size = { width: 1, height: 1 };
        const moments = (async function* () {
          for await (const moment of film.moments) {
            size = moment.picture;
            yield moment;
          }
        })();
        const found = await unlessAborted(
          attributePlaces(
            {
              ...{ info: film.info, moments, fields: film.fields, sound: film.sound },
              summary: () => film.summary(),
              close: () => film.close(),
            },
            {
              ...{ model, sessions, streams: seeing, present: tracks.map(({ name }) => name) },
              ...{ from: from - start, to: to - start, at: at - start, end: duration - start },
            },
          ),
          signal,
        );
        if (!found) return undefined;
        const frame = { ...found.frame, time: found.frame.time + start };
        return { ...found, frame, view: viewOf(size, survey.bars, model) };
      } finally {
        await film.close();
      }
    },
    async close() {
      await Promise.all([sessions.close(), flowWorkers.close()]);
      await (await opening?.catch(() => undefined))?.close();
    },
  };
}

/** Those of the model's streams that are asked for. */
function usedStreams({ network, description }: Model, asked: readonly string[] | undefined): string[] {
  if (!asked) return [...network.streams];
  const names = streamsNamed(asked);
  const used = network.streams.filter((stream) => names.includes(stream));
  if (used.length === 0)
    throw new InputError(
      `the model ${description.name} has no stream ${names.join(', ')}; it has ${network.streams.join(', ')}`,
    );
  return used;
}

/** The part of a picture that the network sees: what bars leave, and of that the middle square. */
function viewOf(
  { width, height }: { readonly width: number; readonly height: number },
  bars: Awaited<ReturnType<typeof surveyFor>>['bars'],
  { network, preprocessing }: Model,
): FilmPlaces['view'] {
  const { top, bottom, left, right } =
    preprocessing.bars === 'cut' ? bars : { top: 0, bottom: 0, left: 0, right: 0 };
  const crop = centerCrop(width, height, network.sizes.side);
  const [across, down] = [1 - left - right, 1 - top - bottom];
  return {
    left: left + (across * crop.left) / width,
    top: top + (down * crop.top) / height,
    width: (across * crop.side) / width,
    height: (down * crop.side) / height,
  };
}
