import { createHash } from 'node:crypto';
import { z } from 'zod';

/*
 * A clip is one file: a line that names the format; the parts, in any order (a JPEG per sampled frame, a JPEG per
 * segment's flow, blocks of the waveform as 16-bit PCM); a JSON header that says where each part is and what it hashes
 * to; the header's length (uint32) and the SHA-256 of header and length. The header comes last, so that a clip is
 * written as it is decoded; and no byte of the file is without a hash.
 */
export const magic: Buffer = Buffer.from('affectline clip 5\n');
export const headerLimit: number = 16 << 20;
/** What follows the header: its length and hash. */
export const tailBytes: number = 4 + 32;

/** Samples in each block of the waveform but the last: what a look reads has few bytes that it does not need. */
export const blockSamples: number = 1 << 16;

/** First byte, bytes, and hash. */
export type Part = [first: number, bytes: number, hash: string];

export interface Header {
  duration: number;
  width: number;
  height: number;
  /** `shot`: seconds that the shot around it lasts; lacking in clips of earlier versions. */
  segments: { time: number; picture: Part; flow: Part; flowCount: number; shot?: number | undefined }[];
  /** Of the waveform. */
  samples: number;
  waveform: Part[];
  handcrafted: number[];
  /** Integrated loudness in LUFS before its level was changed; null where it is silent, without sound, or as it was. */
  loudness: number | null;
}

const whole = z.number().int().nonnegative();
const part = z.tuple([whole, whole, z.string()]);
const headerSchema: z.ZodType<Header> = z.object({
  duration: z.number(),
  width: z.number().int().positive(),
  height: z.number().int().positive(),
  segments: z.array(
    z.object({
      ...{ time: z.number(), picture: part, flow: part, flowCount: whole },
      shot: z.number().positive().optional(),
    }),
  ),
  samples: whole,
  waveform: z.array(part),
  handcrafted: z.array(z.number()),
  loudness: z.number().nullable(),
});

/** 128 bits of the SHA-256. */
export function hashOf(bytes: Uint8Array): string {
  return createHash('sha256').update(bytes).digest('hex').slice(0, 32);
}

export function encodeHeader(header: Header): Buffer {
  const json = Buffer.from(JSON.stringify(header));
  const length = Buffer.alloc(4);
  length.writeUInt32LE(json.length);
  return Buffer.concat([json, length, tailHash(json, length)]);
}

/** @returns undefined when it is no header, or a damaged one. */
export function decodeHeader(json: Buffer, tail: Buffer): Header | undefined {
  if (!tailHash(json, tail.subarray(0, 4)).equals(tail.subarray(4))) return undefined;
  try {
    return headerSchema.parse(JSON.parse(json.toString()));
  } catch {
    return undefined;
  }
}

function tailHash(json: Buffer, length: Buffer): Buffer {
  return createHash('sha256').update(magic).update(json).update(length).digest();
}
