// Runs a model in a worker thread, because ONNX Runtime blocks the thread it runs in.
import { Worker } from 'node:worker_threads';
import {
  convolution,
  evaluate,
  input,
  largestProducts,
  lower,
  outputName,
  parameter,
  parametersOf,
  portable,
  type Ranges,
  shapeText,
  type Target,
  type Value,
  weightsFile,
} from '../../graph/index.ts';
import { compiledEntry } from '../../support/entry.ts';
import { InputError, unknownName } from '../../support/errors.ts';
import { multipliesByteTiles } from '../../support/machine.ts';
import { elementCount, type Tensor } from '../../support/tensor.ts';
import type { Runtime, Session } from '../index.ts';
import {
  closing,
  computing,
  type Provider,
  providers,
  type Reply,
  type Request,
} from './session-protocol.ts';

/** What becomes part of a session, and what computes it. */
export interface SessionOptions {
  /** Become part of the model; parameters not given are inputs of every run. */
  parameters?: ReadonlyMap<string, Tensor>;
  provider?: Provider;
  /**
   * What is computed in bytes rather than in float32, on `cpu`, where all parameters are given and the processor multiplies
   * bytes exactly; others compute it in float32.
   */
  ranges?: Ranges | undefined;
  /** For `cpu`: it runs so few times that it had better open fast. */
  runsRarely?: boolean;
  /** How many threads compute; as many as the machine has cores unless given. */
  threads?: number;
}

class WorkerSession implements Session {
  private readonly state = new Int32Array(new SharedArrayBuffer(8));
  private readonly worker: Worker = new Worker(compiledEntry(import.meta.url, 'session-worker'), {
    workerData: this.state,
    execArgv: [],
  });
  private readonly waiting: {
    resolve: (reply: Extract<Reply, { results: unknown }>) => void;
    reject: (error: Error) => void;
    /** Where arrays that were lent to the worker come back to. */
    feeds: Record<string, Tensor>;
  }[] = [];
  private failure: Error | undefined;
  inputs: ReadonlyMap<string, readonly number[]> = new Map();
  /** What an output was called before it was lowered; of models of other programs, what it is called. */
  private outputName = (name: string): string => name;

  private constructor() {
    this.worker.on('message', (reply: Reply) => {
      const asked = this.waiting.shift();
      if (this.waiting.length === 0) this.worker.unref();
      if (asked) Object.assign(asked.feeds, reply.returned);
      if ('error' in reply) asked?.reject(new Error(reply.error));
      else asked?.resolve(reply);
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

  /** See `openSession`, which knows the target. */
  static async open(
    outputs: Record<string, Value>,
    options: SessionOptions,
    target: Target,
  ): Promise<WorkerSession> {
    const { parameters, provider = 'cpu', threads = 0 } = options;
    const { bytes, weights: data, inputs } = lower(outputs, parameters, target);
    const weights = data && { path: weightsFile, data };
    // With parameters as inputs it trains, and has the cores to itself; else decoding and flow need them too.
    const spin = parametersOf(outputs).some(({ name }) => inputs.has(name));
    const session = await WorkerSession.openBytes({ model: bytes, weights, provider, threads, spin });
    session.inputs = inputs;
    session.outputName = outputName;
    return session;
  }

  /** Opens a model in ONNX; its buffers move to the worker. */
  static async openBytes(given: Omit<Extract<Request, { kind: 'open' }>, 'kind'>): Promise<WorkerSession> {
    const { model, weights, provider } = given;
    const moved = [model, ...(weights ? [weights.data] : [])].map(({ buffer }) => buffer as ArrayBuffer);
    const session = new WorkerSession();
    try {
      const { inputs = {} } = await session.ask({ kind: 'open', ...given }, moved);
      session.inputs = new Map(Object.entries(inputs));
      return session;
    } catch (error) {
      await session.close();
      const message = `cannot open a session on '${provider}': ${(error as Error).message}`;
      // a processor is always there; another provider is the user's choice and may be missing
      throw provider === 'cpu' ? new Error(message) : new InputError(`${message}; see: affectline doctor`);
    }
  }

  async run(feeds: Record<string, Tensor>, lending: readonly string[] = []): Promise<Record<string, Tensor>> {
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
    const lent = lending.filter((name) => isWhole(feeds[name]!.data));
    const buffers = lent.map((name) => feeds[name]!.data.buffer as ArrayBuffer);
    const { results } = await this.ask({ kind: 'run', feeds, lent }, [...new Set(buffers)]);
    return Object.fromEntries(
      Object.entries(results).map(([name, result]) => [this.outputName(name), result]),
    );
  }

  async close(): Promise<void> {
    if (this.worker.threadId === -1) return;
    this.fail(new Error('the session is closed'));
    Atomics.store(this.state, closing, 1);
    // The process has to last until the thread has ended: what it still answers must not let it go.
    this.worker.removeAllListeners('message');
    this.worker.ref();
    const ended = new Promise((resolve) => this.worker.once('exit', resolve));
    this.worker.postMessage({ kind: 'close' } satisfies Request);
    await ended;
  }

  private ask(request: Request, transfer: ArrayBuffer[] = []): Promise<Extract<Reply, { results: unknown }>> {
    return new Promise((resolve, reject) => {
      if (this.failure) return reject(this.failure);
      this.worker.ref();
      this.waiting.push({ resolve, reject, feeds: request.kind === 'run' ? request.feeds : {} });
      this.worker.postMessage(request, transfer);
    });
  }

  private fail(error: Error): void {
    this.failure ??= error;
    for (const { reject } of this.waiting.splice(0)) reject(this.failure);
  }
}

/** Lowers the outputs and opens a session for them in a worker of its own. Shapes are fixed: one session per batch size. */
export async function openSession(
  outputs: Record<string, Value>,
  options: SessionOptions = {},
): Promise<Session> {
  const { provider = 'cpu', parameters, ranges, runsRarely = false } = options;
  if (!providers.includes(provider)) throw unknownName('provider', provider, providers);
  if (provider !== 'cpu') return await WorkerSession.open(outputs, options, portable);
  const constant = parametersOf(outputs).every(({ name }) => parameters?.has(name));
  return await WorkerSession.open(outputs, options, {
    lowering: 'cpu',
    block: constant ? 0 : await blockSize(),
    byteTiles: multipliesByteTiles(),
    runsRarely,
    ...(constant && ranges && (await multipliesBytesExactly()) && { ranges }),
  });
}

/**
 * Opens a model of another program, of pictures or vectors in float32. Sizes that it leaves open are 1.
 *
 * @param model ONNX; a copy of it moves to the session's worker.
 * @throws InputError when ONNX Runtime cannot compute it.
 */
export async function openOnnx(
  model: Uint8Array,
  { threads = 0 }: Pick<SessionOptions, 'threads'> = {},
): Promise<Session> {
  try {
    const given = { model: model.slice(), provider: 'cpu', threads, spin: false } as const;
    return await WorkerSession.openBytes(given);
  } catch (error) {
    throw new InputError((error as Error).message);
  }
}

/** Sessions in worker threads of this process. @param options of all of them. */
export function nodeRuntime(options: Pick<SessionOptions, 'provider' | 'threads'> = {}): Runtime {
  return { open: (outputs, parameters, own) => openSession(outputs, { ...options, ...own, parameters }) };
}

let knownExactness: Promise<boolean> | undefined;

/** Whether this processor adds products of bytes exactly; tried once. */
export function multipliesBytesExactly(): Promise<boolean> {
  knownExactness ??= tryBytes();
  return knownExactness;
}

async function tryBytes(): Promise<boolean> {
  const { output, x } = largestProducts();
  const target = { lowering: 'cpu', block: 0, byteTiles: multipliesByteTiles() } as const;
  const session = await WorkerSession.open({ output }, { threads: 1 }, target);
  try {
    return (await session.run({ x })).output!.data.every((value) => value === 255);
  } finally {
    await session.close();
  }
}

let knownBlock: Promise<number> | undefined;

/** How many channels ONNX Runtime keeps together on this CPU, found by trying; 0 if it has no such layout. */
function blockSize(): Promise<number> {
  knownBlock ??= findBlock();
  return knownBlock;
}

async function findBlock(): Promise<number> {
  const x = input('x', [1, 16, 2, 2]);
  const y = convolution(x, parameter('weight', [16, 16, 3, 3]), { padding: 1 });
  const numbers = (shape: readonly number[]): Tensor => ({
    shape,
    data: Float32Array.from({ length: elementCount(shape) }, (_, i) => (i % 7) - (i % 5)),
  });
  const feeds = { x: numbers(x.shape), weight: numbers([16, 16, 3, 3]) };
  const expected = String(evaluate({ y }, feeds).y.data);
  for (const block of [16, 8]) {
    const session = await WorkerSession.open({ y }, { threads: 1 }, { lowering: 'cpu', block }).catch(
      () => undefined,
    );
    const result = await session?.run(feeds).catch(() => undefined);
    await session?.close();
    if (result && String(result.y!.data) === expected) return block;
  }
  return 0;
}

/** Whether an array has its buffer to itself. */
function isWhole(data: Float32Array): boolean {
  return data.buffer instanceof ArrayBuffer && data.byteLength === data.buffer.byteLength;
}
