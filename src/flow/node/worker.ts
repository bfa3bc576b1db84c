import { Worker } from 'node:worker_threads';
import { compiledEntry } from '../../support/entry.ts';
import type { FlowField, GrayImage } from '../schedule.ts';
import type { FieldMessage, KernelMessage, Request } from './messages.ts';

interface Waiting {
  resolve(field: FlowField): void;
  reject(error: Error): void;
}

/** A thread with a kernel. It keeps the process alive only while a field is due. */
export class FlowWorker {
  private readonly thread: Worker;
  private readonly waiting: Waiting[] = [];
  private failure: Error | undefined;

  constructor(module: WebAssembly.Module) {
    this.thread = new Worker(compiledEntry(import.meta.url, 'flow-worker'), {
      workerData: module,
      execArgv: [],
    });
    this.thread.unref();
    this.thread.on('message', (field: FieldMessage) => {
      this.waiting.shift()?.resolve(field); // none is waiting when the thread has failed and its last messages still arrive
      if (this.waiting.length === 0) this.thread.unref();
    });
    this.thread.on('error', (error) => this.fail(error));
    this.thread.on('exit', (code) => this.fail(new Error(`a flow worker ended with code ${code}`)));
  }

  /** Whether no field is due and the thread is well: it can serve another stream. */
  get isIdle(): boolean {
    return this.waiting.length === 0 && !this.failure;
  }

  /** Gets ready for frames of a size. */
  prepare(kernel: KernelMessage): void {
    this.send(kernel);
  }

  /** Begins a run of consecutive frames. */
  start(frame: GrayImage): void {
    this.sendFrame(frame, true);
  }

  /** The flow from the frame sent before to this one. */
  next(frame: GrayImage): Promise<FlowField> {
    const field = new Promise<FlowField>((resolve, reject) => {
      if (this.failure) reject(this.failure);
      else this.waiting.push({ resolve, reject });
    });
    field.catch(() => {}); // reported when its turn comes
    this.thread.ref();
    this.sendFrame(frame, false);
    return field;
  }

  async stop(): Promise<void> {
    // The process has to last until the thread has ended: a field that still arrives must not let it go.
    this.thread.removeAllListeners('message');
    this.thread.ref();
    await this.thread.terminate();
  }

  /** The frame is copied, once: it may be the last of a run, and then is the first of the next one's, too. */
  private sendFrame({ width, height, data }: GrayImage, startsRun: boolean): void {
    const copy = data.slice();
    this.send({ frame: { width, height, data: copy }, startsRun }, [copy.buffer as ArrayBuffer]);
  }

  private send(request: Request, moved: ArrayBuffer[] = []): void {
    this.thread.postMessage(request, moved);
  }

  private fail(error: Error): void {
    this.failure ??= error;
    for (const { reject } of this.waiting.splice(0)) reject(this.failure);
  }
}
