import type { DecodingProcess } from './decoding-process.ts';
import type { DecodingPlan } from './plan.ts';
import type { Stretch } from './sound-stretches.ts';
import type { DecoderName } from './types.ts';

/** What either decoder gives as it comes: times are the file's own, not yet put in order. */
export type SourceItem =
  | { kind: 'video'; time: number; gray: Uint8Array; rgb: Uint8Array | undefined; damaged: boolean }
  | { kind: 'look'; time: number; gray: Uint8Array }
  | { kind: 'audio'; stretches: readonly Stretch[] }
  | { kind: 'problem'; message: string };

/** A decoder at work on one file. */
export interface Source {
  readonly decoder: DecoderName;
  readonly plan: DecodingPlan;
  readonly pid: number;
  /** Throws an Error that says what is wrong when the decoder breaks down. */
  readonly items: AsyncGenerator<SourceItem, void, undefined>;
  /** Ends the decoder's process, unless it was given and the reading has come to its end; resolves when it is gone. */
  close(): Promise<void>;
}

/** What a decoder's process is started by, besides the request. */
export interface Opening {
  /** Of the file. */
  bytes: number;
  /** Ends the process. */
  signal: AbortSignal | undefined;
  /** What node-av decodes in, where it is there already, and stays. */
  process: DecodingProcess | undefined;
}

/** A decoder is not to be had on this machine: node-av has no binary for it, or ffmpeg is not installed. */
export class UnavailableError extends Error {}
