import { createHash } from 'node:crypto';
import { existsSync } from 'node:fs';
import { type FileHandle, mkdir, open, rename } from 'node:fs/promises';
import { basename, join } from 'node:path';
import type { ClipFile } from '../clips/index.ts';
import { clipFeatures, type Network, type Stream } from '../networks/index.ts';
import { openSession, type Provider } from '../runtime/node/index.ts';
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

/**
 * What a frozen stream makes of fixed looks at each clip, computed once and kept in a file of float32 numbers, look
 * after look: an input of `clipNetwork` (`given`) in place of what it is computed from.
 */
export class StreamFeatures {
  readonly stream: Stream;
  private readonly file: FileHandle;
  /** Of one look: [frames, channels, height, width], or [1, channels] of sound. */
  private readonly shape: readonly number[];
  private readonly looks: number;

  private constructor(stream: Stream, file: FileHandle, shape: readonly number[], looks: number) {
    this.stream = stream;
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
      await compute(options, `${path}.part`, 4 * elementCount(shape));
      await rename(`${path}.part`, path);
    }
    return new StreamFeatures(stream, await open(path, 'r'), shape, glances[0]?.length ?? 0);
  }

  /**
   * The input `clipNetwork` takes for these looks, numbers of clips and of their glances, one after the other. Where one
   * glance of each clip is kept, it stands for all.
   */
  async read(looks: readonly { readonly clip: number; readonly glance: number }[]): Promise<Tensor> {
    const count = elementCount(this.shape);
    const data = new Float32Array(looks.length * count);
    const bytes = new Uint8Array(data.buffer);
    await Promise.all(
      looks.map(async ({ clip, glance }, i) => {
        const position = 4 * count * (clip * this.looks + Math.min(glance, this.looks - 1));
        const { bytesRead } = await this.file.read(bytes, 4 * count * i, 4 * count, position);
        if (bytesRead < 4 * count)
          throw new Error(`internal: ${this.stream} features of clip ${clip} are missing`);
      }),
    );
    const [first, ...rest] = this.shape;
    return { shape: [looks.length * first!, ...rest], data };
  }

  async close(): Promise<void> {
    await this.file.close();
  }
}

/** The network's one stream, whose feature is the same without the others. */
function alone(network: Network, stream: Stream): Network {
  return { ...network, streams: [stream] };
}

function batchOf({ segments, flowFields, samples }: View, clips: number) {
  return { clips, frames: segments, flows: flowFields, samples };
}

/** Names a file by the stream's weights, the clips (themselves named by their content) and the looks at them. */
function keyOf({ stream, network, parameters, view, clips, glances }: StreamFeatureOptions): string {
  const { preset, soundLayer } = network;
  const names = clips.map(({ path }) => basename(path));
  const hash = createHash('sha256').update(
    JSON.stringify([stream, preset, soundLayer, view, names, glances]),
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
    let done = Math.floor((await file.stat()).size / bytesOfLook);
    await file.truncate(done * bytesOfLook);
    const groups = filledGroups(looks.slice(done), looksAtOnce);
    const reads = groups.map((group) => () => readBatch(group, view, [stream]));
    for await (const inputs of readAhead(reads, 3)) {
      signal?.throwIfAborted();
      const { data } = (await session.run({ [stream]: inputs[stream]! }))[`${stream}Feature`]!;
      const count = Math.min(looksAtOnce, looks.length - done);
      await file.appendFile(new Uint8Array(data.buffer, data.byteOffset, count * bytesOfLook));
      done += count;
      onProgress?.(done, looks.length);
    }
    await file.sync();
  } finally {
    await session.close();
    await file.close();
  }
}
