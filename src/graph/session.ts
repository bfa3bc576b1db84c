// Runs a model in a worker thread, because ONNX Runtime blocks the thread it runs in.
import { Worker } from 'node:worker_threads';
import { compiledEntry } from '../support/entry.ts';
import { unknownName } from '../support/errors.ts';
import { elementCount, type Tensor } from '../support/tensor.ts';
import { lower } from './lowering.ts';
import {
  closing,
  computing,
  type Provider,
  providers,
  type Reply,
  type Request,
} from './session-protocol.ts';
import { shapeText, type Value } from './value.ts';

export interface SessionOptions {
  /** Become part of the model; parameters not given are inputs of every run. */
  parameters?: ReadonlyMap<string, Tensor>;
  provider?: Provider;
  /** How many threads compute; as many as the machine has cores unless given. */
  threads?: number;
}

/** A network ready to run. Runs may overlap: they are queued. */
export class Session {
  private readonly state = new Int32Array(new SharedArrayBuffer(8));
  private readonly worker: Worker = new Worker(compiledEntry(import.meta.url, 'session-worker'), {
    workerData: this.state,
    execArgv: [],
  });
  private readonly waiting: {
    resolve: (results: Record<string, Tensor>) => void;
    reject: (error: Error) => void;
  }[] = [];
  private failure: Error | undefined;
  /** Names and shapes of what every run has to be given. */
  readonly inputs: ReadonlyMap<string, readonly number[]>;

  private constructor(inputs: ReadonlyMap<string, readonly number[]>) {
    this.inputs = inputs;
    this.worker.on('message', (reply: Reply) => {
      const asked = this.waiting.shift();
      if (this.waiting.length === 0) this.worker.unref();
      if ('error' in reply) asked?.reject(new Error(reply.error));
      else asked?.resolve(reply.results);
    });
    this.worker.on('error', (error) => this.fail(error));
    this.worker.on('exit', (code) => {
      process.off('exit', this.finishRun);
      this.fail(new Error(`the session's worker ended (code ${code})`));
    });
    process.on('exit', this.finishRun);
  }

  /** ONNX Runtime aborts the process when its thread is ended during a run, so a program that exits waits for the run. */
  private readonly finishRun = (): void => {
    Atomics.store(this.state, closing, 1);
    Atomics.wait(this.state, computing, 1);
  };

  static async open(outputs: Record<string, Value>, options: SessionOptions = {}): Promise<Session> {
    const { parameters, provider = 'cpu', threads = 0 } = options;
    if (!providers.includes(provider)) throw unknownName('provider', provider, providers);
    const { bytes, inputs } = lower(outputs, parameters);
    const session = new Session(inputs);
    try {
      await session.ask({ kind: 'open', model: bytes, provider, threads }, [bytes.buffer]);
    } catch (error) {
      await session.close();
      throw new Error(`cannot open a session on '${provider}': ${(error as Error).message}`);
    }
    return session;
  }

  /**
   * Computes the outputs.
   *
   * @param feeds an array for every entry of `inputs`; they are copied.
   * @returns an array for every output, by name.
   */
  async run(feeds: Readonly<Record<string, Tensor>>): Promise<Record<string, Tensor>> {
    for (const [name, shape] of this.inputs) {
      const feed = feeds[name];
      if (!feed) throw new TypeError(`run: '${name}' ${shapeText(shape)} is not given`);
      if (String(feed.shape) !== String(shape) || feed.data.length !== elementCount(shape))
        throw new TypeError(
          `run: '${name}' is ${shapeText(shape)}, got ${shapeText(feed.shape)} with ${feed.data.length} numbers`,
        );
    }
    for (const name of Object.keys(feeds))
      if (!this.inputs.has(name)) throw unknownName('input', name, [...this.inputs.keys()]);
    return await this.ask({ kind: 'run', feeds });
  }

  /** Frees what the session holds, after the run it is in; runs still waiting fail. */
  async close(): Promise<void> {
    if (this.worker.threadId === -1) return;
    this.fail(new Error('the session is closed'));
    Atomics.store(this.state, closing, 1);
    this.worker.ref();
    const ended = new Promise((resolve) => this.worker.once('exit', resolve));
    this.worker.postMessage({ kind: 'close' } satisfies Request);
    await ended;
  }

  private ask(request: Request, transfer: ArrayBuffer[] = []): Promise<Record<string, Tensor>> {
    return new Promise((resolve, reject) => {
      if (this.failure) return reject(this.failure);
      this.worker.ref();
      this.waiting.push({ resolve, reject });
      this.worker.postMessage(request, transfer);
    });
  }

  private fail(error: Error): void {
    this.failure ??= error;
    for (const { reject } of this.waiting.splice(0)) reject(this.failure);
  }
}

/** Lowers the outputs and opens a session for them in a worker of its own. Shapes are fixed: one session per batch size. */
export function openSession(outputs: Record<string, Value>, options?: SessionOptions): Promise<Session> {
  return Session.open(outputs, options);
}
