import { open } from 'node:fs/promises';
import type { Field, Picture } from '../../streams/index.ts';
import { InputError } from '../../support/errors.ts';
import { imageLibrary } from '../../support/images.ts';
import {
  blockSamples,
  decodeHeader,
  type Header,
  hashOf,
  headerLimit,
  magic,
  type Part,
  tailBytes,
} from './clip-header.ts';
import { ClipWriter } from './clip-writer.ts';
import { decodeFlow } from './flow-image.ts';

/** A moment of a clip: its frame and the motion around it. */
export interface Segment {
  /** Seconds from the clip's start. */
  readonly time: number;
  readonly picture: Picture;
  /** In order. */
  readonly fields: readonly Field[];
  /** What is known of the faces in its frame; undefined unless they were looked for (`ClipFile.withFaces`). */
  readonly faces?: Float32Array | undefined;
}

/** A segment as it is stored. */
export interface EncodedSegment {
  readonly time: number;
  /** Seconds that the shot around it lasts. */
  readonly shot: number;
  /** JPEG of the frame. */
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
  /** Integrated loudness in LUFS before its level was changed; null as in the header. */
  readonly loudness: number | null;
}

/** First byte and number of bytes of each part of a clip file. */
export interface ClipPlaces {
  readonly segments: readonly {
    readonly picture: readonly [number, number];
    readonly flow: readonly [number, number];
    readonly flowCount: number;
    /** Seconds that the shot around it lasts; not of clips that an earlier version prepared. */
    readonly shot?: number | undefined;
  }[];
  readonly waveform: readonly (readonly [number, number])[];
}

/** Writes a clip whose parts are all there already. The file appears whole or not at all. */
export async function writeClipFile(path: string, clip: PreparedClip): Promise<void> {
  const { duration, width, height, handcrafted, loudness } = clip;
  const writer = await ClipWriter.create(path);
  try {
    const segments: Header['segments'] = [];
    for (const { time, picture, flow, flowCount, shot } of clip.segments)
      segments.push({
        time,
        picture: await writer.append(picture),
        flow: await writer.append(flow),
        ...{ flowCount, shot },
      });
    await writer.appendSound(clip.waveform);
    await writer.finish({ duration, width, height, segments, handcrafted: [...handcrafted], loudness });
  } finally {
    await writer.discard();
  }
}

/** A clip file opened for reading single segments. */
export class ClipFile {
  readonly path: string;
  /** What its waveform is multiplied with: how loud it is among the clips of its film; 0 without any sound in the film. */
  readonly level: number;
  private readonly header: Header;
  private readonly faces: readonly Float32Array[] | undefined;

  private constructor(path: string, header: Header, level: number, faces?: readonly Float32Array[]) {
    this.path = path;
    this.header = header;
    this.level = level;
    this.faces = faces;
  }

  /** The same clip at another level; at 0 it has no sound. */
  leveled(level: number): ClipFile {
    return new ClipFile(this.path, this.header, level, this.faces);
  }

  /** The same clip with what is known of the faces in each of its frames, which the file itself does not say. */
  withFaces(faces: readonly Float32Array[]): ClipFile {
    return new ClipFile(this.path, this.header, this.level, faces);
  }

  /** @throws InputError when it is not a clip file, or a damaged one. */
  static async open(path: string): Promise<ClipFile> {
    const file = await open(path, 'r');
    try {
      const { size } = await file.stat();
      const opening = await readExactly(file, 0, magic.length, path);
      const tail = await readExactly(file, size - tailBytes, tailBytes, path);
      const length = tail.readUInt32LE();
      const start = size - tailBytes - length;
      if (!opening.equals(magic) || length > headerLimit) throw damaged(path);
      const header = decodeHeader(await readExactly(file, start, length, path), tail);
      if (!header || parts(header).some(([first, bytes]) => first + bytes > start)) throw damaged(path);
      return new ClipFile(path, header, 1);
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
    return this.level === 0 ? 0 : this.header.samples;
  }

  /** Integrated loudness in LUFS before its level was changed; undefined where it is silent, without sound, or as it was. */
  get loudness(): number | undefined {
    return this.header.loudness ?? undefined;
  }

  /** Of the pictures, in pixels. */
  get width(): number {
    return this.header.width;
  }

  get height(): number {
    return this.header.height;
  }

  /** Where its parts lie in the file, first byte and bytes of each, for other programs; the format is in clip-header.ts. */
  get places(): ClipPlaces {
    const place = ([first, bytes]: Part) => [first, bytes] as const;
    return {
      segments: this.header.segments.map(({ picture, flow, flowCount, shot }) => ({
        picture: place(picture),
        flow: place(flow),
        ...{ flowCount, shot },
      })),
      waveform: this.header.waveform.map(place),
    };
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
    wanted: Wanted = { frame: true, pair: true },
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
    const { time, flowCount, shot } = segment;
    const { width, height } = this.header;
    try {
      return {
        time,
        picture: {
          width,
          height,
          rgb: wanted.frame
            ? await decodePicture(await this.part(file, segment.picture), width, height)
            : nothing,
          shot,
        },
        fields:
          wanted.pair && flowCount > 0
            ? await decodeFlow(await this.part(file, segment.flow), flowCount)
            : [],
        faces: this.faces?.[index],
      };
    } catch {
      throw damaged(this.path);
    }
  }

  /**
   * A part of the waveform: mono, [−1, 1]; empty when the clip has no sound.
   *
   * @param start first sample; all to the end unless `end` is given.
   * @throws InputError when the file is damaged.
   */
  async waveform(start = 0, end: number = this.sampleCount): Promise<Float32Array> {
    const file = await open(this.path, 'r');
    try {
      const samples = new Float32Array(Math.max(0, end - start));
      for (let i = 0; i < samples.length; ) {
        const at = start + i;
        const block = this.header.waveform[Math.floor(at / blockSamples)];
        if (!block) throw new RangeError(`sample ${at} of ${this.sampleCount}`);
        const bytes = await this.part(file, block);
        for (let k = at % blockSamples; 2 * k < bytes.length && i < samples.length; k++)
          samples[i++] = (this.level * bytes.readInt16LE(2 * k)) / 32767;
      }
      return samples;
    } finally {
      await file.close();
    }
  }

  private async part(file: OpenFile, [first, length, hash]: Part): Promise<Buffer> {
    const bytes = await readExactly(file, first, length, this.path);
    if (hashOf(bytes) !== hash) throw damaged(this.path);
    return bytes;
  }
}

/** Which parts of a segment to read. */
export interface Wanted {
  readonly frame: boolean;
  readonly pair: boolean;
}

const nothing = new Uint8Array(0);

/** A picture as it is stored. */
export async function encodePicture({ rgb, width, height }: Picture): Promise<Uint8Array> {
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

function parts(header: Header): Part[] {
  return [...header.segments.flatMap(({ picture, flow }) => [picture, flow]), ...header.waveform];
}

async function readExactly(file: OpenFile, position: number, length: number, path: string): Promise<Buffer> {
  if (position < 0) throw damaged(path);
  const buffer = Buffer.alloc(length);
  const { bytesRead } = await file.read(buffer, 0, length, position);
  if (bytesRead < length) throw damaged(path);
  return buffer;
}

function damaged(path: string): InputError {
  return new InputError(`${path} is not a prepared clip, or is damaged; delete it and it is prepared again`);
}
