import { createHash } from 'node:crypto';
import { createReadStream, existsSync, readFileSync } from 'node:fs';
import { appendFile, stat } from 'node:fs/promises';
import { availableParallelism } from 'node:os';
import { basename, join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { type Bucket, BucketError } from '../../buckets/index.ts';
import { FlowWorkers } from '../../flow/node/index.ts';
import type { Preprocessing } from '../../streams/index.ts';
import { InputError } from '../../support/errors.ts';
import { removeLeftovers } from '../../support/files.ts';
import { makeFolder } from '../../support/folders.ts';

import { ClipFile } from './clip-file.ts';
import { faceFileOf, withFacesOf, writeFaces } from './face-file.ts';
import { type ClipSource, prepareClip } from './prepare.ts';

/** Changes whenever what is stored of a clip changes; what is only added may be lacking in clips that were prepared before. */
const version = 6;

/** How much work a cache still is, before it is begun. */
export interface CacheEstimate {
  readonly prepared: number;
  readonly missing: number;
  /** For those that are missing, from the clips measured; 0 when none is. */
  readonly seconds: number;
  readonly bytes: number;
}

/** How far the preparation of clips is. */
export interface PrepareProgress {
  readonly done: number;
  readonly total: number;
  /** Only once enough clips are prepared to tell, and then once. */
  readonly estimate?: CacheEstimate;
}

/**
 * Prepared clips in a folder, each named by what it was made from: the film's bytes, the part of it and its preprocessing. The same clip
 * in another data set, or under another name, is not prepared again; a changed one is. With a bucket behind it, the folder
 * keeps copies of what lies there: what is not in the folder is fetched, and what is prepared is put there.
 */
export class ClipCache {
  readonly folder: string;
  readonly preprocessing: Preprocessing;
  private readonly bucket: Bucket | undefined;
  /** Content hash of files seen before, by path, size and time of change: hashing a data set takes minutes. */
  private readonly known: Map<string, string> = new Map();

  constructor(folder: string, preprocessing: Preprocessing, bucket?: Bucket) {
    this.folder = folder;
    this.preprocessing = preprocessing;
    this.bucket = bucket;
    makeFolder(folder);
    if (!existsSync(this.index)) return;
    for (const line of readFileSync(this.index, 'utf8').split('\n')) {
      const [hash, file] = line.split('\t');
      if (hash && file) this.known.set(file, hash);
    }
  }

  private get index(): string {
    return join(this.folder, 'sources.tsv');
  }

  /** Where a prepared clip is, or will be. @throws InputError when its film is not there. */
  async pathOf(clip: ClipSource): Promise<string> {
    const { part } = clip;
    const content = await this.contentOf(clip);
    // faces lie beside a clip
    const { faces: _, ...preprocessing } = this.preprocessing;
    const key = createHash('sha256')
      .update(JSON.stringify([version, content, part?.start, part?.end, preprocessing]))
      .digest('hex');
    return join(this.folder, `${key.slice(0, 32)}.clip`);
  }

  /** SHA-256 of a clip's film. @throws InputError when that is not there, and the clip does not say it. */
  async contentOf({ path: film, content: said }: ClipSource): Promise<string> {
    if (said !== undefined) return said;
    const { size, mtimeMs } = await stat(film).catch(() => {
      throw new InputError(`${film}: no such file`);
    });
    const file = JSON.stringify([film, size, mtimeMs]);
    const known = this.known.get(file);
    if (known) return known;
    const hash = createHash('sha256');
    await pipeline(createReadStream(film), hash);
    const content = hash.digest('hex');
    this.known.set(file, content);
    await appendFile(this.index, `${content}\t${file}\n`);
    return content;
  }

  /** @throws InputError when it is not prepared, or damaged. */
  async open(clip: ClipSource): Promise<ClipFile> {
    const path = await this.pathOf(clip);
    await this.fetched(path);
    const opened = await ClipFile.open(path);
    const { faces } = this.preprocessing;
    if (!faces) return opened;
    await this.fetched(faceFileOf(path, faces));
    return await withFacesOf(opened, faces);
  }

  /** Whether a prepared clip, or what is kept beside it, is in the folder, by now. */
  private async fetched(path: string, signal?: AbortSignal): Promise<boolean> {
    return existsSync(path) || (await this.bucket?.fetch(basename(path), path, signal)) === true;
  }

  /** Clips that are not prepared yet, neither in the folder nor in the bucket. */
  async missing<Clip extends ClipSource>(clips: readonly Clip[], signal?: AbortSignal): Promise<Clip[]> {
    const missing = new Set<Clip>();
    const queue = clips.values();
    const work = async () => {
      for (const clip of queue) {
        signal?.throwIfAborted();
        if (!(await this.fetched(await this.pathOf(clip), signal))) missing.add(clip);
      }
    };
    const workers = Array.from({ length: 2 * availableParallelism() }, work);
    await Promise.all(workers).finally(() => Promise.allSettled(workers));
    return clips.filter((clip) => missing.has(clip));
  }

  /**
   * Prepares what is missing, a clip per core at a time; of fewer clips each has several threads. Stopped at any moment, it
   * goes on from there the next time.
   *
   * @param onProgress also told time and disk for all that is missing, from the first clips, before most of the work.
   * @throws InputError that lists the clips that cannot be decoded, once all others are prepared.
   */
  async prepare(
    clips: readonly ClipSource[],
    onProgress: (progress: PrepareProgress) => void = () => {},
    signal?: AbortSignal,
  ): Promise<void> {
    await removeLeftovers(this.folder);
    const targets = new Map<string, ClipSource>();
    for (const clip of clips) {
      signal?.throwIfAborted();
      targets.set(await this.pathOf(clip), clip);
    }
    // a bucket has to have what the folder has, too
    const missing = [...targets].filter(([path]) => this.bucket || !existsSync(path));
    const total = targets.size;
    const cores = availableParallelism();
    const atOnce = Math.min(missing.length, cores);
    // what one clip leaves of the cores
    const threads = Math.max(1, Math.floor(cores / Math.max(1, atOnce)));
    const sample = Math.min(missing.length, 2 * cores);
    const failures: string[] = [];
    const start = performance.now();
    let finished = 0;
    let bytes = 0;
    const queue = missing[Symbol.iterator]();
    // a full disk, say, ends the work on other clips, too
    const given = new AbortController();
    const either = AbortSignal.any([given.signal, ...(signal ? [signal] : [])]);
    const flowWorkers = new FlowWorkers();
    const work = async () => {
      for (const [path, clip] of queue) {
        either.throwIfAborted();
        try {
          const { preprocessing } = this;
          // another process may have prepared it meanwhile
          if (!(await this.fetched(path, either)))
            await prepareClip(clip, path, { preprocessing, threads, flowWorkers, signal: either });
          await this.bucket?.put(basename(path), path, either);
          bytes += (await stat(path)).size;
        } catch (error) {
          if (!(error instanceof InputError) || error instanceof BucketError) {
            given.abort(error);
            throw error;
          }
          failures.push(error.message);
        }
        finished++;
        const done = total - missing.length + finished;
        if (finished !== sample) onProgress({ done, total });
        else {
          const each = missing.length / finished;
          const seconds = ((performance.now() - start) / 1000) * each;
          const estimate = {
            prepared: total - missing.length,
            missing: missing.length,
            seconds,
            bytes: bytes * each,
          };
          onProgress({ done, total, estimate });
        }
      }
    };
    const workers = Array.from({ length: atOnce }, work);
    await Promise.all(workers).finally(async () => {
      await Promise.allSettled(workers);
      await flowWorkers.close();
    });
    if (failures.length > 0) {
      const shown = failures.slice(0, 10).join('\n  ');
      throw new InputError(`${failures.length} of ${total} clips cannot be prepared:\n  ${shown}`);
    }
    await this.lookForFaces([...targets.keys()], signal);
  }

  /** Looks for faces in the clips that they were not looked for in yet, where the preprocessing has them. */
  private async lookForFaces(clips: readonly string[], signal?: AbortSignal): Promise<void> {
    const { faces } = this.preprocessing;
    const missing = faces ? clips.filter((path) => this.bucket || !existsSync(faceFileOf(path, faces))) : [];
    if (!faces || missing.length === 0) return;
    // what computes networks takes some time to load, and is needed for nothing else
    const { faceFiles, openFaceReader } = await import('../../faces/node/index.ts');
    const queue = missing.values();
    const work = async () => {
      const reader = await openFaceReader(faceFiles(), { wanted: faces });
      try {
        for (const path of queue) {
          signal?.throwIfAborted();
          const file = faceFileOf(path, faces);
          if (!(await this.fetched(file, signal)))
            await writeFaces(file, await ClipFile.open(path), reader.watcher(), signal);
          await this.bucket?.put(basename(file), file, signal);
        }
      } finally {
        await reader.close();
      }
    };
    const workers = Array.from({ length: Math.min(missing.length, availableParallelism()) }, work);
    await Promise.all(workers).finally(() => Promise.allSettled(workers));
  }
}
