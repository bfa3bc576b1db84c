import type { Field, Picture } from './material.ts';

/** A frame that is looked at. */
export interface Moment {
  /** 0, 1, 2 … */
  readonly number: number;
  /** Seconds from the film's start. */
  readonly time: number;
  /** The whole frame, scaled. */
  readonly picture: Picture;
  /** What is known of the faces in it, where that was asked for. */
  readonly faces?: Float32Array | undefined;
}

/** The motion between a pair of frames, and the moment it belongs to. */
export interface MomentField {
  readonly moment: number;
  readonly field: Field;
  /** Size of the frames, in whose pixels squares are cut out of it. */
  readonly frame: { readonly width: number; readonly height: number };
}

/** What a film says about itself before it is read. */
export interface FilmInfo {
  readonly hasPicture: boolean;
  readonly hasSound: boolean;
  /** Seconds; 0 when it does not say. */
  readonly declaredDuration: number;
  /** Mean frames per second; 0 when unknown. */
  readonly frameRate: number;
  /** The timecode of the first frame, where the film has one. */
  readonly startTimecode?: string;
  readonly decoder: string;
  /** Integrated loudness before its level was changed, in LUFS; only where it was, and the film is not silent. */
  readonly loudness?: number;
  /** It has a sound track on which there is nothing; told only where levels are changed. */
  readonly isSilent?: boolean;
  /** How many samples its sound has; only where they have been counted before. */
  readonly samples?: number;
  /** The tracks that are decoded, where there are any. */
  readonly videoTrack?: FilmTrack;
  readonly audioTrack?: FilmTrack;
}

/** Which of a film's tracks of a kind, from 1, how many there are, and its codec. */
export interface FilmTrack {
  readonly track: number;
  readonly of: number;
  readonly codec: string;
}

/** What reading it came to. */
export interface FilmSummary {
  /** Seconds that could be decoded. */
  readonly decodedDuration: number;
  /** Seconds the film lasts: as decoded, or, where it is damaged, as declared. */
  readonly duration: number;
  /** Decoded over declared seconds, 0 to 1. */
  readonly coverage: number;
  /** What the decoder complained about. */
  readonly problems: readonly string[];
  /** What was done to repair it, or cannot be known of it, each a sentence. */
  readonly notices: readonly string[];
}

/**
 * A film as networks see and hear it, after its preprocessing. All three have to be read at the same time, for whoever is
 * ahead waits for the others; one that was not asked for, or that the film lacks, ends at once.
 */
export interface FilmSource {
  readonly info: FilmInfo;
  readonly moments: AsyncIterable<Moment>;
  /** In order of their moments; every moment has at least one, if only at rest. */
  readonly fields: AsyncIterable<MomentField>;
  /** Pieces of the waveform without gaps. */
  readonly sound: AsyncIterable<Float32Array>;
  /** Once all three have ended. */
  summary(): FilmSummary;
  close(): Promise<void>;
}
