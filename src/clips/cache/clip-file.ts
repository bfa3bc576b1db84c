import { open, rename, rm, writeFile } from 'node:fs/promises';
import sharp from 'sharp';
import { z } from 'zod';
import type { FlowField } from '../../flow/index.ts';
import { InputError } from '../../support/errors.ts';
import { decodeFlow, encodeFlow } from './flow-image.ts';

/** A sampled frame and the flow fields around it. */
export interface Segment {
  /** Seconds from the clip's start. */
  readonly time: number;
  readonly width: number;
  readonly height: number;
  /** Packed RGB, three bytes a pixel. */
  readonly rgb: Uint8Array;
  /** In order; at 1/`reduction` of the picture's resolution when read back. */
  readonly flow: readonly FlowField[];
}

/** Everything training needs of a clip. */
export interface PreparedClip {
  /** Seconds. */
  readonly duration: number;
  readonly segments: readonly Segment[];
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
  flowReduction: z.number().int().positive(),
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
 *
 * @param flowReduction by how much the flow's resolution is reduced (see `encodeFlow`).
 */
export async function writeClipFile(path: string, clip: PreparedClip, flowReduction: number): Promise<void> {
  const parts: Uint8Array[] = [];
  let end = 0;
  const append = (part: Uint8Array): [number, number] => {
    parts.push(part);
    end += part.length;
    return [end - part.length, part.length];
  };
  const segments: Header['segments'] = [];
  for (const { time, rgb, width, height, flow } of clip.segments) {
    const picture = await sharp(rgb, { raw: { width, height, channels: 3 } })
      .jpeg({ quality: 90 })
      .toBuffer();
    const fields = flow.length > 0 ? await encodeFlow(flow, flowReduction) : new Uint8Array(0);
    segments.push({ time, picture: append(picture), flow: append(fields), flowCount: flow.length });
  }
  const pcm = Int16Array.from(clip.waveform, (sample) =>
    Math.round(Math.max(-1, Math.min(1, sample)) * 32767),
  );
  const header: Header = {
    duration: clip.duration,
    width: clip.segments[0]?.width ?? 1,
    height: clip.segments[0]?.height ?? 1,
    flowReduction,
    segments,
    waveform: append(new Uint8Array(pcm.buffer)),
    handcrafted: [...clip.handcrafted],
  };
  const json = Buffer.from(JSON.stringify(header));
  const length = Buffer.alloc(4);
  length.writeUInt32LE(json.length);
  const unfinished = `${path}.${process.pid}.part`;
  try {
    await writeFile(unfinished, Buffer.concat([magic, length, json, ...parts]));
    await rename(unfinished, path);
  } catch (error) {
    await rm(unfinished, { force: true });
    throw error;
  }
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

  get handcrafted(): readonly number[] {
    return this.header.handcrafted;
  }

  /** The sampled frame and flow fields of some segments, in the order asked for. @throws InputError when damaged. */
  async segments(indices: readonly number[]): Promise<Segment[]> {
    const file = await open(this.path, 'r');
    try {
      return await Promise.all(indices.map((index) => this.segment(file, index)));
    } finally {
      await file.close();
    }
  }

  private async segment(file: OpenFile, index: number): Promise<Segment> {
    const segment = this.header.segments[index];
    if (!segment) throw new RangeError(`segment ${index} of ${this.segmentCount}`);
    const [picture, flow] = await Promise.all([
      this.part(file, segment.picture),
      this.part(file, segment.flow),
    ]);
    try {
      const { data, info } = await sharp(picture)
        .toColourspace('srgb')
        .raw()
        .toBuffer({ resolveWithObject: true });
      return {
        time: segment.time,
        width: info.width,
        height: info.height,
        rgb: data,
        flow: segment.flowCount > 0 ? await decodeFlow(flow, segment.flowCount) : [],
      };
    } catch {
      throw damaged(this.path);
    }
  }

  /** Mono, [−1, 1]; empty when the clip has no sound. */
  async waveform(): Promise<Float32Array> {
    const file = await open(this.path, 'r');
    try {
      const bytes = await this.part(file, this.header.waveform);
      return Float32Array.from({ length: bytes.length >> 1 }, (_, i) => bytes.readInt16LE(2 * i) / 32767);
    } finally {
      await file.close();
    }
  }

  private part(file: OpenFile, [offset, bytes]: readonly [number, number]): Promise<Buffer> {
    return readExactly(file, this.start + offset, bytes, this.path);
  }
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
