import { open } from 'node:fs/promises';
import { z } from 'zod';
import { InputError } from '../../support/errors.ts';
import { writeAtomically } from '../../support/files.ts';
import { imageLibrary } from '../../support/images.ts';
import { decodeFlow, type FlowLevels } from './flow-image.ts';

/** A sampled frame and the flow fields around it. */
export interface Segment {
  /** Seconds from the clip's start. */
  readonly time: number;
  readonly width: number;
  readonly height: number;
  /** Packed RGB, three bytes a pixel. */
  readonly rgb: Uint8Array;
  /** In order; of lower resolution than the picture (see `encodeFlow`). */
  readonly flow: readonly FlowLevels[];
}

/** A segment as it is stored. */
export interface EncodedSegment {
  readonly time: number;
  /** JPEG of the sampled frame. */
  readonly picture: Uint8Array;
  /** `encodeFlow` of the fields around it; empty without any. */
  readonly flow: Uint8Array;
  readonly flowCount: number;
}

/** Everything training needs of a clip. */
export interface PreparedClip {
  /** Seconds. */
  readonly duration: number;
  /** Of the pictures, in pixels. */
  readonly width: number;
  readonly height: number;
  readonly segments: readonly EncodedSegment[];
  /** Mono, [−1, 1]; empty without sound. */
  readonly waveform: Float32Array;
  /** `HandcraftedFeatures.values()` of the clip. */
  readonly handcrafted: readonly number[];
}

const magic = Buffer.from('affectline clip 1\n');
const headerLimit = 4 << 20;
const span = z.tuple([z.number().int().nonnegative(), z.number().int().nonnegative()]);
const headerSchema = z.object({
  duration: z.number(),
  width: z.number().int().positive(),
  height: z.number().int().positive(),
  segments: z.array(
    z.object({ time: z.number(), picture: span, flow: span, flowCount: z.number().int().nonnegative() }),
  ),
  waveform: span,
  handcrafted: z.array(z.number()),
});
type Header = z.infer<typeof headerSchema>;

/**
 * Writes a clip as one file: a line that names the format, the header's length (uint32), a JSON header, then the
 * parts the header points into: a JPEG per sampled frame, a JPEG per segment's flow, the waveform as 16-bit PCM.
 * The file appears whole or not at all.
 */
export async function writeClipFile(path: string, clip: PreparedClip): Promise<void> {
  const parts: Uint8Array[] = [];
  let end = 0;
  const append = (part: Uint8Array): [number, number] => {
    parts.push(part);
    end += part.length;
    return [end - part.length, part.length];
  };
  const segments = clip.segments.map(({ time, picture, flow, flowCount }) => ({
    time,
    picture: append(picture),
    flow: append(flow),
    flowCount,
  }));
  const pcm = Int16Array.from(clip.waveform, (sample) =>
    Math.round(Math.max(-1, Math.min(1, sample)) * 32767),
  );
  const header: Header = {
    duration: clip.duration,
    width: clip.width,
    height: clip.height,
    segments,
    waveform: append(new Uint8Array(pcm.buffer)),
    handcrafted: [...clip.handcrafted],
  };
  const json = Buffer.from(JSON.stringify(header));
  const length = Buffer.alloc(4);
  length.writeUInt32LE(json.length);
  await writeAtomically(path, [magic, length, json, ...parts]);
}

/** A clip file opened for reading single segments. */
export class ClipFile {
  readonly path: string;
  private readonly header: Header;
  private readonly start: number;

  private constructor(path: string, header: Header, start: number) {
    this.path = path;
    this.header = header;
    this.start = start;
  }

  /** @throws InputError when it is not a clip file, or a damaged one. */
  static async open(path: string): Promise<ClipFile> {
    const prefix = magic.length + 4;
    const file = await open(path, 'r');
    try {
      const opening = await readExactly(file, 0, prefix, path);
      const length = opening.readUInt32LE(magic.length);
      if (!opening.subarray(0, magic.length).equals(magic) || length > headerLimit) throw damaged(path);
      const text = (await readExactly(file, prefix, length, path)).toString();
      const header = headerSchema.safeParse(parseJson(text));
      if (!header.success) throw damaged(path);
      const start = prefix + length;
      const size = start + Math.max(...spans(header.data).map(([offset, bytes]) => offset + bytes));
      if ((await file.stat()).size < size) throw damaged(path);
      return new ClipFile(path, header.data, start);
    } finally {
      await file.close();
    }
  }

  /** Seconds. */
  get duration(): number {
    return this.header.duration;
  }

  get segmentCount(): number {
    return this.header.segments.length;
  }

  /** How many flow fields a segment has. */
  flowCount(segment: number): number {
    return this.header.segments[segment]?.flowCount ?? 0;
  }

  /** Of the waveform; 0 when the clip has no sound. */
  get sampleCount(): number {
    return this.header.waveform[1] / 2;
  }

  /** Of the pictures, in pixels. */
  get width(): number {
    return this.header.width;
  }

  get height(): number {
    return this.header.height;
  }

  get handcrafted(): readonly number[] {
    return this.header.handcrafted;
  }

  /**
   * Some segments, in the order asked for.
   *
   * @param wanted what is not wanted is left empty, and costs nothing.
   * @throws InputError when the file is damaged.
   */
  async segments(
    indices: readonly number[],
    wanted: Wanted = { picture: true, flow: true },
  ): Promise<Segment[]> {
    const file = await open(this.path, 'r');
    try {
      return await Promise.all(indices.map((index) => this.segment(file, index, wanted)));
    } finally {
      await file.close();
    }
  }

  private async segment(file: OpenFile, index: number, wanted: Wanted): Promise<Segment> {
    const segment = this.header.segments[index];
    if (!segment) throw new RangeError(`segment ${index} of ${this.segmentCount}`);
    const { time, flowCount } = segment;
    const { width, height } = this.header;
    try {
      return {
        time,
        width,
        height,
        rgb: wanted.picture
          ? await decodePicture(await this.part(file, segment.picture), width, height)
          : nothing,
        flow:
          wanted.flow && flowCount > 0
            ? await decodeFlow(await this.part(file, segment.flow), flowCount)
            : [],
      };
    } catch {
      throw damaged(this.path);
    }
  }

  /**
   * A part of the waveform: mono, [−1, 1]; empty when the clip has no sound.
   *
   * @param start first sample; all to the end unless `end` is given.
   */
  async waveform(start = 0, end: number = this.sampleCount): Promise<Float32Array> {
    const file = await open(this.path, 'r');
    try {
      const [offset] = this.header.waveform;
      const bytes = await this.part(file, [offset + 2 * start, 2 * Math.max(0, end - start)]);
      const samples = new Float32Array(bytes.length >> 1);
      for (let i = 0; i < samples.length; i++) samples[i] = bytes.readInt16LE(2 * i) / 32767;
      return samples;
    } finally {
      await file.close();
    }
  }

  private part(file: OpenFile, [offset, bytes]: readonly [number, number]): Promise<Buffer> {
    return readExactly(file, this.start + offset, bytes, this.path);
  }
}

/** Which parts of a segment to read. */
export interface Wanted {
  readonly picture: boolean;
  readonly flow: boolean;
}

const nothing = new Uint8Array(0);

/** A picture as it is stored. @param rgb packed, three bytes a pixel. */
export async function encodePicture(rgb: Uint8Array, width: number, height: number): Promise<Uint8Array> {
  const sharp = await imageLibrary();
  return await sharp(rgb, { raw: { width, height, channels: 3 } })
    .jpeg({ quality: 90 })
    .toBuffer();
}

async function decodePicture(jpeg: Uint8Array, width: number, height: number): Promise<Uint8Array> {
  const sharp = await imageLibrary();
  const { data, info } = await sharp(jpeg).toColourspace('srgb').raw().toBuffer({ resolveWithObject: true });
  if (info.width !== width || info.height !== height || info.channels !== 3)
    throw new Error('not the picture');
  return data;
}

type OpenFile = Awaited<ReturnType<typeof open>>;

function spans(header: Header): [number, number][] {
  return [...header.segments.flatMap(({ picture, flow }) => [picture, flow]), header.waveform];
}

async function readExactly(file: OpenFile, position: number, length: number, path: string): Promise<Buffer> {
  const buffer = Buffer.alloc(length);
  const { bytesRead } = await file.read(buffer, 0, length, position);
  if (bytesRead < length) throw damaged(path);
  return buffer;
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

function damaged(path: string): InputError {
  return new InputError(`${path} is not a prepared clip, or is damaged; delete it and it is prepared again`);
}
