import type { Value } from '../graph/index.ts';
import type { Layers, SoundLayer, Window } from '../networks/index.ts';
import type { Material, Materials } from './material.ts';
import type { Preset } from './presets.ts';

/** What the network around a stream says about it. */
export interface StreamSetting {
  readonly preset: Preset;
  /** Width and height of the square that is cut out of frames and fields. */
  readonly side: number;
  readonly soundLayer: SoundLayer;
}

/** The network of a stream, and how what it sees or hears is written into its input. */
export interface Backbone<Of extends Material = Material> {
  readonly about: string;
  /** Of one frame, field or waveform of so many samples, without the axis of the batch. */
  inputShape(setting: StreamSetting, samples: number): number[];
  /**
   * Writes a square that was cut out of a frame or a field, or a waveform, into an input: normalization.
   *
   * @param input receives `inputShape` numbers.
   */
  write(material: Materials[Of], input: Float32Array): void;
  /** What `write` does, in a sentence, for programs that write the input of an exported network themselves. */
  readonly written?: string;
  /** Input [N, ...inputShape] → map [N, C, height, width]; of a waveform [N, C, columns, 1]. */
  map(x: Value, layers: Layers, setting: StreamSetting): Value;
  /** Of a waveform's network: its windows along time, from the samples to the columns of its map. */
  windows?(setting: StreamSetting): readonly Window[];
  /** Where its first part can be frozen and the rest trained: how many stages, and the stage of a parameter (0: the stem). */
  readonly stages?: { readonly count: number; of(parameter: string): number };
  /** The network, as `affectline weights list` calls it, whose files it can start from. */
  readonly pretrained?: string;
}

/**
 * One way of looking at or listening to a film. Its parameters are called `NAME.…`, its input `NAME`, and what the
 * fusion takes of it `NAMEFeature`. What it `takes` says how it is sampled in time (a frame every 0.4 s, a pair of frames
 * every 1/25 s, the whole waveform: see sampling.ts) and how a prepared clip keeps it.
 */
export interface Stream<Of extends Material = Material> {
  /** Letters, digits and hyphens. */
  readonly name: string;
  /** Other names it is accepted under. */
  readonly aliases: readonly string[];
  /** What it looks at, in a few words. */
  readonly about: string;
  readonly takes: Of;
  /** By name; the first is used unless another is asked for. */
  readonly backbones: Readonly<Record<string, Backbone<Of>>>;
  /** Whether it is trained unless told otherwise. */
  readonly trained: boolean;
  /**
   * Where one that sees joins the others: in the fusion of maps unless told otherwise; or, for what has no place in the
   * picture, before the regression, with the mean of its map over places and moments, as one that hears does.
   */
  readonly joins?: 'fusion' | 'regression';
  /** Whether its frames say how long the shot around each lasts (`Picture.shot`); none does unless told. */
  readonly asksForShots?: boolean;
}
