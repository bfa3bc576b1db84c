// The thread that a session computes in.
import { parentPort, workerData } from 'node:worker_threads';
import { env, InferenceSession, Tensor as OnnxTensor } from 'onnxruntime-node';
import type { Tensor } from '../../support/tensor.ts';
import { closing, computing, type Reply, type Request } from './session-protocol.ts';

// Every failure is reported with its message; ONNX Runtime need not print it too.
env.logLevel = 'fatal';
const port = parentPort!;
const state = workerData as Int32Array;
let session: InferenceSession | undefined;

async function open({
  model,
  weights,
  provider,
  threads,
  spin,
}: Extract<Request, { kind: 'open' }>): Promise<Reply> {
  session = await InferenceSession.create(model, {
    executionProviders: [provider],
    intraOpNumThreads: threads,
    ...(weights && { externalData: [weights] }),
    // Without a planned pattern, memory is freed as soon as it can be: half of it, at the same speed.
    enableMemPattern: false,
    logSeverityLevel: 3,
    extra: {
      session: { intra_op: { allow_spinning: spin ? '1' : '0' } },
      // It undoes the transposes that were chosen for speed, and the order of nodes that was chosen for memory.
      optimization: {
        disable_specified_optimizers: 'TransposeOptimizer;TransposeOptimizer_CPUExecutionProvider',
      },
    },
  });
  weights?.data.buffer.resize(0); // the session has copies
  const sizes = session.inputMetadata.flatMap((input): [string, number[]][] =>
    input.isTensor
      ? [[input.name, input.shape.map((size) => (typeof size === 'number' && size > 0 ? size : 1))]]
      : [],
  );
  return { results: {}, inputs: Object.fromEntries(sizes) };
}

async function run({ feeds }: Extract<Request, { kind: 'run' }>): Promise<Reply> {
  const tensors = Object.entries(feeds).map(([name, { shape, data }]) => [name, new OnnxTensor(data, shape)]);
  const fetched = await session!.run(Object.fromEntries(tensors));
  const results = Object.entries(fetched).map(([name, { dims, data }]) => [name, { shape: dims, data }]);
  return { results: Object.fromEntries(results) };
}

async function answer(request: Exclude<Request, { kind: 'close' }>): Promise<void> {
  Atomics.store(state, computing, 1);
  if (Atomics.load(state, closing) === 0) {
    const reply: Reply = await (request.kind === 'open' ? open(request) : run(request)).catch(
      (error: Error) => ({
        error: error.message,
      }),
    );
    if (request.kind === 'run')
      reply.returned = Object.fromEntries(request.lent.map((name) => [name, request.feeds[name]!]));
    const moved = [reply.returned ?? {}, 'results' in reply ? reply.results : {}].flatMap(
      Object.values<Tensor>,
    );
    port.postMessage(reply, [...new Set(moved.map(({ data }) => data.buffer as ArrayBuffer))]);
  }
  Atomics.store(state, computing, 0);
  Atomics.notify(state, computing);
}

let queue = Promise.resolve();
port.on('message', (request: Request) => {
  queue = queue.then(async () => {
    if (request.kind !== 'close') return await answer(request);
    await session?.release();
    port.close();
  });
});
