import { availableParallelism } from 'node:os';
import { unlessAborted } from '../../support/aborted.ts';
import { InputError } from '../../support/errors.ts';
import { broxFlow } from '../brox.ts';
import { type BroxOptions, checkFrameSize, type FlowField, type GrayImage, scheduleOf } from '../schedule.ts';
import { kernelModule } from './module.ts';
import type { FlowWorker } from './worker.ts';
import { FlowWorkers } from './workers.ts';

/** How the flow of a stream of frames is computed. */
export interface FlowStreamOptions extends BroxOptions {
  /** Worker threads; as many as the machine has cores when not given. */
  readonly threads?: number | undefined;
  /** Where workers are taken from and given back to. Default: workers of this stream alone. */
  readonly workers?: FlowWorkers | undefined;
  /** Ends the stream with the signal's reason, and its workers. */
  readonly signal?: AbortSignal | undefined;
}

/** Consecutive pairs that one worker computes: of their frames all but the first are prepared once only. */
const runLength = 4;

/**
 * The flow between consecutive frames, in order: N frames give N − 1 fields.
 *
 * Runs of consecutive pairs go to the workers in turn. Frames are taken only as fields are asked for, so that no more than
 * `runLength` pairs per worker, and one run more, are in memory. Leaving the loop, an error or the signal frees the workers;
 * given ones that have nothing more to do stay.
 *
 * @throws InputError when there is no such preset, when frames differ in size or are too large; what `frames` throws; the reason of `signal`.
 */
export async function* flowOfFrames(
  frames: AsyncIterable<GrayImage>,
  { threads = availableParallelism(), workers: given, signal, ...options }: FlowStreamOptions = {},
): AsyncGenerator<FlowField, void, undefined> {
  signal?.throwIfAborted();
  scheduleOf(options.preset ?? 'standard');
  const module = kernelModule();
  if (!module) process.emitWarning('WebAssembly has no SIMD here: optical flow takes the plain, slow path');
  const source = frames[Symbol.asyncIterator]();
  const pool = given ?? new FlowWorkers();
  const workers: FlowWorker[] = [];
  const due: Promise<FlowField>[] = [];
  let previous: GrayImage | undefined;
  let pair = 0;
  let ended = false;
  try {
    while (true) {
      const item = await unlessAborted(source.next(), signal);
      if (item.done) break;
      const frame = item.value;
      if (previous) checkSameSize(frame, previous, pair + 1);
      else checkFrameSize(frame);
      if (previous) {
        if (module) {
          const turn = Math.floor(pair / runLength) % threads;
          if (!workers[turn]) {
            workers[turn] = pool.take(module);
            workers[turn].prepare({ size: { width: frame.width, height: frame.height }, options });
          }
          if (pair % runLength === 0) workers[turn].start(previous);
          due.push(workers[turn].next(frame));
        } else {
          due.push(Promise.resolve(broxFlow(previous, frame, options)));
        }
        pair++;
      }
      previous = frame;
      while (due.length >= runLength * (threads + 1)) yield await unlessAborted(due.shift()!, signal);
    }
    ended = true;
    while (due.length > 0) yield await unlessAborted(due.shift()!, signal);
  } finally {
    await Promise.all(workers.map((worker) => pool.giveBack(worker)));
    if (!given) await pool.close();
    if (!ended) void source.return?.()?.catch(() => {});
  }
}

function checkSameSize({ width, height }: GrayImage, before: GrayImage, index: number): void {
  if (width !== before.width || height !== before.height)
    throw new InputError(
      `frame ${index} is ${width}×${height}, those before are ${before.width}×${before.height}; all have to be of one size`,
    );
}
