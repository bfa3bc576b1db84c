import { availableParallelism } from 'node:os';
import type { FilmAffect } from '../../affect/index.ts';
import { type FilmOptions as DecodingOptions, openFilm } from '../../clips/index.ts';
import { type FilmFeatures, Sessions } from '../../features/index.ts';
import { type Model, untrainedModel } from '../../models/index.ts';
import { readModel, starterFolder } from '../../models/node/index.ts';
import { nodeRuntime, type Provider } from '../../runtime/node/index.ts';
import { ShotDetector } from '../../shots/index.ts';
import {
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

/** A model ready to analyze films, one after the other. */
export interface Analyzer {
  readonly model: Model;
  /** What it looks at and listens to, of what the model knows. */
  readonly streams: readonly string[];
  /** @throws InputError when nothing of the film can be analyzed. */
  analyze(path: string, options?: AnalyzeOptions): Promise<FilmAffect>;
  close(): Promise<void>;
}

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
  const streams = usedStreams(model, options.streams);
  const wants = [...new Set(streams.map((stream): Material => streamNamed(stream).takes))];
  const sessions = new Sessions(model, nodeRuntime({ threads, ...(provider && { provider }) }));
  return {
    model,
    streams,
    async analyze(path, options = {}) {
      const { decoder = 'auto', maximumDuration, videoTrack, audioTrack, signal } = options;
      const { onProgress, onFrame, onFeatures } = options;
      const ended = new AbortController();
      const contentHash = contentHashOf(path, AbortSignal.any([ended.signal, ...(signal ? [signal] : [])]));
      contentHash.catch(() => {}); // whoever waits for it is told
      const shots = wants.includes('pair') ? new ShotDetector() : undefined;
      const film = await openFilm(path, {
        ...{ wants, decoder, threads },
        ...(shots && {
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
    close: () => sessions.close(),
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
