import { type FileHandle, open, rename, rm } from 'node:fs/promises';
import { ofFile, temporaryPath } from '../../support/files.ts';
import { blockSamples, encodeHeader, type Header, hashOf, magic, type Part } from './clip-header.ts';

/** Writes a clip's file part by part, as they come, so that its length costs no memory. It appears whole or not at all. */
export class ClipWriter {
  private readonly path: string;
  private readonly temporary: string;
  private readonly file: FileHandle;
  private end = magic.length;
  /** The writes so far. */
  private writing: Promise<unknown>;
  private readonly block = new Int16Array(blockSamples);
  private filled = 0;
  private samples = 0;
  private readonly waveform: Part[] = [];

  private constructor(path: string, temporary: string, file: FileHandle) {
    this.path = path;
    this.temporary = temporary;
    this.file = file;
    this.writing = file.appendFile(magic);
  }

  static async create(path: string): Promise<ClipWriter> {
    const temporary = temporaryPath(path);
    return new ClipWriter(path, temporary, await open(temporary, 'wx'));
  }

  /** Writes a picture or flow, as encoded. Calls may overlap. */
  async append(bytes: Uint8Array): Promise<Part> {
    const part: Part = [this.end, bytes.length, hashOf(bytes)];
    this.end += bytes.length;
    this.writing = this.writing.then(() => this.file.appendFile(bytes));
    await this.writing.catch((error) => {
      throw ofFile(error, this.path, this.temporary);
    });
    return part;
  }

  /** Writes sound that follows what came before: mono, [−1, 1]. One call after the other. */
  async appendSound(samples: Float32Array): Promise<void> {
    for (const sample of samples) {
      this.block[this.filled++] = Math.round(Math.max(-1, Math.min(1, sample)) * 32767);
      if (this.filled === blockSamples) await this.endBlock();
    }
    this.samples += samples.length;
  }

  /** Writes what belongs to the whole clip, and lets the file appear. */
  async finish(header: Omit<Header, 'samples' | 'waveform'>): Promise<void> {
    if (this.filled > 0) await this.endBlock();
    await this.append(encodeHeader({ ...header, samples: this.samples, waveform: this.waveform }));
    await this.file.sync();
    await this.file.close();
    await rename(this.temporary, this.path);
  }

  /** Leaves nothing behind; does no harm once finished. */
  async discard(): Promise<void> {
    await this.writing.catch(() => {});
    await this.file.close();
    await rm(this.temporary, { force: true });
  }

  private async endBlock(): Promise<void> {
    const { buffer } = this.block.slice(0, this.filled);
    this.filled = 0;
    this.waveform.push(await this.append(new Uint8Array(buffer)));
  }
}
