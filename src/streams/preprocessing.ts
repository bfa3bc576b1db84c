import { z } from 'zod';
import type { FaceHashes } from '../faces/index.ts';
import { sampleRate } from '../support/sound.ts';
import { lowestFrequency, targetLoudness } from '../survey/index.ts';
import { largestDisplacement } from './flow.ts';
import { type Preset, presets } from './presets.ts';

const contentHash = z.string().regex(/^sha256:[0-9a-f]{64}$/);

/**
 * All that is done to a film before a network sees or hears it, as it stands in `model.json`. What is not named here this
 * version cannot do.
 */
export const preprocessingSchema: z.ZodType<Preprocessing> = z.strictObject({
  shortSide: z.number().int().min(16).max(2160),
  bars: z.enum(['kept', 'cut']),
  sampling: z.enum(['clock', 'frames']),
  flow: z.strictObject({
    preset: z.enum(['fast', 'standard', 'accurate']),
    lines: z.number().int().min(16).max(2160),
    unit: z.number().positive().max(10_000),
    scale: z.enum(['linear', 'root']),
    largest: z.literal(largestDisplacement),
  }),
  sound: z.strictObject({
    sampleRate: z.literal(sampleRate),
    highPass: z.literal(lowestFrequency).nullable(),
    loudness: z.literal(targetLoudness).nullable(),
  }),
  faces: z.strictObject({ detector: contentHash, expressions: contentHash }).optional(),
});

/** All that is done to a film before a network sees or hears it; it stands in `model.json`. */
export interface Preprocessing {
  /** Pixels of a frame's shorter side after scaling; the whole frame, with square pixels. */
  readonly shortSide: number;
  /** Black bars are cut away, or are picture like any other. */
  readonly bars: 'kept' | 'cut';
  /** `clock`: by time, whatever the frame rate (sampling.ts). `frames`: the paper's words, every frame and every tenth. */
  readonly sampling: 'clock' | 'frames';
  readonly flow: {
    readonly preset: 'fast' | 'standard' | 'accurate';
    /** Frames are halved while that leaves at least so many lines, before their flow is computed. */
    readonly lines: number;
    /** Displacements are in picture heights times this, per 1/25 s (with `frames`: per frame). */
    readonly unit: number;
    /** `root`: the signed root of displacements, with `largest` where it is: a hundredth of it is a tenth. */
    readonly scale: 'linear' | 'root';
    /** Longer displacements, in that unit, are clipped. */
    readonly largest: number;
  };
  readonly sound: {
    readonly sampleRate: number;
    /** Cut-off of a high-pass in Hz; null: none. */
    readonly highPass: typeof lowestFrequency | null;
    /** Loudness that every film is brought to, in LUFS; null: as it is. Its own dynamics stay. */
    readonly loudness: typeof targetLoudness | null;
  };
  /** Where a stream takes faces: what the files of the networks that find and read them hold. */
  readonly faces?: FaceHashes | undefined;
}

/**
 * How a preset is trained unless told otherwise. The unit of flow makes a displacement one of pixels of the scaled frame
 * where that is as high as its shorter side is long.
 */
export function preprocessingFor(
  preset: Preset,
  sampling: Preprocessing['sampling'] = 'clock',
): Preprocessing {
  const { shortSide } = presets[preset];
  return {
    shortSide,
    bars: 'cut',
    sampling,
    flow: {
      ...{ preset: 'standard', lines: 128, unit: shortSide, largest: largestDisplacement },
      // the pretrained ConvNet of the paper knows linear pictures of flow, if any
      scale: preset === 'paper' ? 'linear' : 'root',
    },
    sound: { sampleRate, highPass: lowestFrequency, loudness: targetLoudness },
  };
}
