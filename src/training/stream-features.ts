import { createHash } from 'node:crypto';
import { existsSync } from 'node:fs';
import { type FileHandle, open, rename, stat } from 'node:fs/promises';
import { basename, join } from 'node:path';
import type { ClipFile } from '../clips/index.ts';
import { clipFeatures, featureName, type Network } from '../models/index.ts';
import type { Runtime } from '../runtime/index.ts';
import { streamNamed } from '../streams/index.ts';
import { InputError } from '../support/errors.ts';
import { ofFile } from '../support/files.ts';
import { makeFolder } from '../support/folders.ts';
import { lockForThisProcess } from '../support/owner-lock.ts';
import { elementCount, type Tensor } from '../support/tensor.ts';
import { type ClipExcerpt, type Excerpt, type ExcerptSize, evenExcerpt, filledGroups } from './excerpts.ts';
import { readAhead } from './read-ahead.ts';
import { readStreams } from './stream-inputs.ts';
import { partOf, type TrainedParts } from './trained-parts.ts';

export interface StreamFeatureOptions {
  /** The stream, which does not train, and the network it is a part of. */
  readonly stream: string;
  readonly network: Network;
  readonly parameters: ReadonlyMap<string, Tensor>;
  readonly runtime: Runtime;
  readonly size: ExcerptSize;
  readonly clips: readonly ClipFile[];
  /** Those of each clip whose features are wanted; as many for each. */
  readonly excerpts: readonly (readonly Excerpt[])[];
  /** Files in it are named by all that is above: runs may share it. */
  readonly folder: string;
  readonly signal?: AbortSignal | undefined;
  readonly onProgress?: ((done: number, total: number) => void) | undefined;
}

/** Excerpts that go through the stream at once. */
const excerptsAtOnce = 4;

/** Before each excerpt's numbers. */
const hashBytes = 16;

/**
 * What a frozen stream makes of fixed excerpts of each clip, computed once and kept in a file: for one after the other its
 * hash and its float32 numbers. It is an input of `clipNetwork` (`given`) in place of what it is computed from.
 */
export class StreamFeatures {
  readonly stream: string;
  private readonly path: string;
  private readonly file: FileHandle;
  /** Of one excerpt: [frames, channels, height, width], or [1, channels] of sound. */
  private readonly shape: readonly number[];
  private readonly perClip: number;

  private constructor(
    stream: string,
    path: string,
    file: FileHandle,
    shape: readonly number[],
    perClip: number,
  ) {
    this.stream = stream;
    this.path = path;
    this.file = file;
    this.shape = shape;
    this.perClip = perClip;
  }

  /**
   * Computes what is not in the folder yet. Stopped, it goes on from there the next time. What another process computes is
   * waited for; should that die, this one goes on from there.
   */
  static async open(options: StreamFeatureOptions): Promise<StreamFeatures> {
    const { stream, network, size, folder, excerpts } = options;
    const { shape } = clipFeatures(alone(network, stream), batchOf(size, 1))[featureName(stream)]!;
    const path = join(folder, `${stream}.${keyOf(options)}.features`);
    if (!existsSync(path)) await makeAlone(options, path, 4 * elementCount(shape));
    return new StreamFeatures(stream, path, await open(path, 'r'), shape, excerpts[0]?.length ?? 0);
  }

  /**
   * The input `clipNetwork` takes for these, numbers of clips and of their excerpts, one after the other. Where one
   * excerpt of each clip is kept, it stands for all.
   */
  async read(wanted: readonly { readonly clip: number; readonly excerpt: number }[]): Promise<Tensor> {
    const count = elementCount(this.shape);
    const data = new Float32Array(wanted.length * count);
    const numbers = new Uint8Array(data.buffer);
    const record = hashBytes + 4 * count;
    await Promise.all(
      wanted.map(async ({ clip, excerpt }, i) => {
        const place = clip * this.perClip + Math.min(excerpt, this.perClip - 1);
        const bytes = Buffer.alloc(record);
        const { bytesRead } = await this.file.read(bytes, 0, record, record * place);
        const own = bytes.subarray(hashBytes);
        if (bytesRead < record || !hashOf(own, place).equals(bytes.subarray(0, hashBytes)))
          throw new InputError(`${this.path} is damaged; delete it and it is computed again`);
        numbers.set(own, 4 * count * i);
      }),
    );
    const [first, ...rest] = this.shape;
    return { shape: [wanted.length * first!, ...rest], data };
  }

  async close(): Promise<void> {
    await this.file.close();
  }
}

export interface KeepOptions extends Omit<StreamFeatureOptions, 'stream' | 'excerpts' | 'onProgress'> {
  readonly parts: TrainedParts;
  readonly onProgress?: ((stream: string, share: number) => void) | undefined;
}

/**
 * The features of frozen streams that are worth keeping: of those that hear, for the middle of each clip; of those that
 * see, for the excerpts of each clip that are fixed.
 *
 * @param fixed for each clip; undefined when training draws them anew in every step.
 */
export async function keepFeatures(
  fixed: readonly (readonly Excerpt[])[] | undefined,
  { parts, onProgress, ...options }: KeepOptions,
): Promise<StreamFeatures[]> {
  const kept: StreamFeatures[] = [];
  for (const stream of options.network.streams) {
    if (partOf(parts, stream) !== 'frozen') continue;
    const { takes } = streamNamed(stream);
    if (takes === 'faces') continue; // nothing is computed of these
    const hears = takes === 'waveform';
    const excerpts = hears ? options.clips.map((clip) => [evenExcerpt(clip, options.size)]) : fixed;
    if (!excerpts) continue;
    kept.push(
      await StreamFeatures.open({
        ...options,
        ...{ stream, excerpts },
        onProgress: (done, total) => onProgress?.(stream, done / total),
      }),
    );
  }
  return kept;
}

/** The network's one stream, whose feature is the same without the others. */
function alone(network: Network, stream: string): Network {
  return { ...network, streams: [stream] };
}

function batchOf({ moments, fields, samples }: ExcerptSize, clips: number) {
  return { clips, frames: moments, pairs: fields, samples };
}

/** 128 bits of the SHA-256 of an excerpt's numbers, and of which it is. */
function hashOf(numbers: Uint8Array, place: number): Buffer {
  return createHash('sha256').update(`${place} `).update(numbers).digest().subarray(0, hashBytes);
}

/** Changes whenever the file's layout does. */
const version = 2;

/** Names a file by the stream's weights, the clips (themselves named by their content) and the excerpts. */
function keyOf({ stream, network, parameters, size, clips, excerpts }: StreamFeatureOptions): string {
  const { preset, soundLayer, backbone } = network;
  const names = clips.map(({ path, level }) => [basename(path), level]);
  const hash = createHash('sha256').update(
    JSON.stringify([version, stream, preset, soundLayer, backbone[stream], size, names, excerpts]),
  );
  for (const [name, { data }] of [...parameters].sort(([a], [b]) => (a < b ? -1 : 1)))
    if (name.startsWith(`${stream}.`))
      hash.update(name).update(new Uint8Array(data.buffer, data.byteOffset, data.byteLength));
  return hash.digest('hex').slice(0, 16);
}

/** Computes the file, unless another process does; while that is waited for, progress is how much of it is there. */
async function makeAlone(options: StreamFeatureOptions, path: string, bytesOfExcerpt: number): Promise<void> {
  const { folder, excerpts, signal, onProgress } = options;
  makeFolder(folder);
  const part = `${path}.part`;
  const total = excerpts.reduce((sum, { length }) => sum + length, 0);
  const onHeld = async () => {
    const { size } = await stat(part).catch(() => ({ size: 0 }));
    onProgress?.(Math.min(total, Math.floor(size / (hashBytes + bytesOfExcerpt))), total);
  };
  const lock = await lockForThisProcess(path, `computing ${path}`, { signal, onHeld });
  try {
    if (existsSync(path)) return;
    await compute({ ...options, signal: lock.signal }, part, bytesOfExcerpt);
    await rename(part, path);
  } catch (error) {
    throw ofFile(error, path);
  } finally {
    await lock.release();
  }
}

async function compute(options: StreamFeatureOptions, path: string, bytesOfExcerpt: number): Promise<void> {
  const { stream, parameters, runtime, size, clips, excerpts, signal, onProgress } = options;
  const all: ClipExcerpt[] = clips.flatMap((clip, i) => excerpts[i]!.map((excerpt) => ({ clip, excerpt })));
  const network = alone(options.network, stream);
  const own = new Map([...parameters].filter(([name]) => name.startsWith(`${stream}.`)));
  const file = await open(path, 'a');
  const session = await runtime.open(clipFeatures(network, batchOf(size, excerptsAtOnce)), own);
  try {
    // what a stopped call left, whole excerpts only
    const record = hashBytes + bytesOfExcerpt;
    let done = Math.floor((await file.stat()).size / record);
    await file.truncate(done * record);
    const groups = filledGroups(all.slice(done), excerptsAtOnce);
    const reads = groups.map((group) => () => readStreams(group, size, network, [stream]));
    for await (const inputs of readAhead(reads, 3)) {
      signal?.throwIfAborted();
      const { data } = (await session.run(inputs))[featureName(stream)]!;
      const count = Math.min(excerptsAtOnce, all.length - done);
      for (let i = 0; i < count; i++) {
        const numbers = new Uint8Array(data.buffer, data.byteOffset + i * bytesOfExcerpt, bytesOfExcerpt);
        await file.appendFile(Buffer.concat([hashOf(numbers, done + i), numbers]));
      }
      done += count;
      onProgress?.(done, all.length);
    }
    await file.sync();
  } finally {
    await session.close();
    await file.close();
  }
}
