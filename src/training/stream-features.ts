import { createHash } from 'node:crypto';
import { existsSync } from 'node:fs';
import { type FileHandle, mkdir, open, rename } from 'node:fs/promises';
import { basename, join } from 'node:path';
import type { ClipFile } from '../clips/index.ts';
import { clipFeatures, type Network, type Stream } from '../networks/index.ts';
import { openSession, type Provider } from '../runtime/node/index.ts';
import { InputError } from '../support/errors.ts';
import { lockForThisProcess } from '../support/owner-lock.ts';
import { elementCount, type Tensor } from '../support/tensor.ts';
import { filledGroups, type Glance, type Look, readBatch, type View } from './batches.ts';
import { readAhead } from './read-ahead.ts';

export interface StreamFeatureOptions {
  /** The stream, which does not train, and the network it is a part of. */
  readonly stream: Stream;
  readonly network: Network;
  readonly parameters: ReadonlyMap<string, Tensor>;
  readonly view: View;
  readonly clips: readonly ClipFile[];
  /** The looks at each clip whose features are wanted; as many for each. */
  readonly glances: readonly (readonly Glance[])[];
  /** Files in it are named by all that is above: runs may share it. */
  readonly folder: string;
  readonly provider?: Provider | undefined;
  readonly threads?: number | undefined;
  readonly signal?: AbortSignal | undefined;
  readonly onProgress?: ((done: number, total: number) => void) | undefined;
}

/** Looks that go through the stream at once. */
const looksAtOnce = 4;

/** Before each look's numbers. */
const HASH_BYTES = 16;

/**
 * What a frozen stream makes of fixed looks at each clip, computed once and kept in a file: for look after look its
 * hash and its float32 numbers. It is an input of `clipNetwork` (`given`) in place of what it is computed from.
 */
export class StreamFeatures {
  readonly stream: Stream;
  private readonly path: string;
  private readonly file: FileHandle;
  /** Of one look: [frames, channels, height, width], or [1, channels] of sound. */
  private readonly shape: readonly number[];
  private readonly looks: number;

  private constructor(
    stream: Stream,
    path: string,
    file: FileHandle,
    shape: readonly number[],
    looks: number,
  ) {
    this.stream = stream;
    this.path = path;
    this.file = file;
    this.shape = shape;
    this.looks = looks;
  }

  /** Computes what is not in the folder yet. Stopped, it goes on from there the next time. */
  static async open(options: StreamFeatureOptions): Promise<StreamFeatures> {
    const { stream, network, view, folder, glances } = options;
    const shape = clipFeatures(alone(network, stream), batchOf(view, 1))[`${stream}Feature`]!.shape;
    const path = join(folder, `${stream}.${keyOf(options)}.features`);
    if (!existsSync(path)) {
      await mkdir(folder, { recursive: true });
      const unlock = await lockForThisProcess(path, `computing ${path}`);
      try {
        await compute(options, `${path}.part`, 4 * elementCount(shape));
        await rename(`${path}.part`, path);
      } finally {
        await unlock();
      }
    }
    return new StreamFeatures(stream, path, await open(path, 'r'), shape, glances[0]?.length ?? 0);
  }

  /**
   * The input `clipNetwork` takes for these looks, numbers of clips and of their glances, one after the other. Where one
   * glance of each clip is kept, it stands for all.
   */
  async read(looks: readonly { readonly clip: number; readonly glance: number }[]): Promise<Tensor> {
    const count = elementCount(this.shape);
    const data = new Float32Array(looks.length * count);
    const numbers = new Uint8Array(data.buffer);
    const record = HASH_BYTES + 4 * count;
    await Promise.all(
      looks.map(async ({ clip, glance }, i) => {
        const look = clip * this.looks + Math.min(glance, this.looks - 1);
        const bytes = Buffer.alloc(record);
        const { bytesRead } = await this.file.read(bytes, 0, record, record * look);
        const own = bytes.subarray(HASH_BYTES);
        if (bytesRead < record || !hashOf(own, look).equals(bytes.subarray(0, HASH_BYTES)))
          throw new InputError(`${this.path} is damaged; delete it and it is computed again`);
        numbers.set(own, 4 * count * i);
      }),
    );
    const [first, ...rest] = this.shape;
    return { shape: [looks.length * first!, ...rest], data };
  }

  async close(): Promise<void> {
    await this.file.close();
  }
}

/** 128 bits of the SHA-256 of a look's numbers, and of which look it is. */
function hashOf(numbers: Uint8Array, look: number): Buffer {
  return createHash('sha256').update(`${look} `).update(numbers).digest().subarray(0, HASH_BYTES);
}

/** The network's one stream, whose feature is the same without the others. */
function alone(network: Network, stream: Stream): Network {
  return { ...network, streams: [stream] };
}

function batchOf({ segments, flowFields, samples }: View, clips: number) {
  return { clips, frames: segments, flows: flowFields, samples };
}

/** Changes whenever the file's layout does. */
const version = 2;

/** Names a file by the stream's weights, the clips (themselves named by their content) and the looks at them. */
function keyOf({ stream, network, parameters, view, clips, glances }: StreamFeatureOptions): string {
  const { preset, soundLayer } = network;
  const names = clips.map(({ path }) => basename(path));
  const hash = createHash('sha256').update(
    JSON.stringify([version, stream, preset, soundLayer, view, names, glances]),
  );
  for (const [name, { data }] of [...parameters].sort(([a], [b]) => (a < b ? -1 : 1)))
    if (name.startsWith(`${stream}.`))
      hash.update(name).update(new Uint8Array(data.buffer, data.byteOffset, data.byteLength));
  return hash.digest('hex').slice(0, 16);
}

async function compute(options: StreamFeatureOptions, path: string, bytesOfLook: number): Promise<void> {
  const { stream, parameters, view, clips, glances, threads, signal, onProgress } = options;
  const looks: Look[] = clips.flatMap((clip, i) => glances[i]!.map((glance) => ({ clip, glance })));
  const network = alone(options.network, stream);
  const own = new Map([...parameters].filter(([name]) => name.startsWith(`${stream}.`)));
  const file = await open(path, 'a');
  const session = await openSession(clipFeatures(network, batchOf(view, looksAtOnce)), {
    parameters: own,
    provider: options.provider ?? 'cpu',
    ...(threads && { threads }),
  });
  try {
    // what a stopped call left, whole looks only
    const record = HASH_BYTES + bytesOfLook;
    let done = Math.floor((await file.stat()).size / record);
    await file.truncate(done * record);
    const groups = filledGroups(looks.slice(done), looksAtOnce);
    const reads = groups.map((group) => () => readBatch(group, view, [stream]));
    for await (const inputs of readAhead(reads, 3)) {
      signal?.throwIfAborted();
      const { data } = (await session.run({ [stream]: inputs[stream]! }))[`${stream}Feature`]!;
      const count = Math.min(looksAtOnce, looks.length - done);
      for (let look = 0; look < count; look++) {
        const numbers = new Uint8Array(data.buffer, data.byteOffset + look * bytesOfLook, bytesOfLook);
        await file.appendFile(Buffer.concat([hashOf(numbers, done + look), numbers]));
      }
      done += count;
      onProgress?.(done, looks.length);
    }
    await file.sync();
  } finally {
    await session.close();
    await file.close();
  }
}
