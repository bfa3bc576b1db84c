import { kernelModule } from './module.ts';
import { FlowWorker } from './worker.ts';

/** Threads with a kernel that stay from one stream of frames to the next: to start one takes a tenth of a second. */
export class FlowWorkers {
  private readonly idle: FlowWorker[] = [];
  private closed = false;

  /** Starts threads ahead of the stream that will need them, up to this number; none where WebAssembly has no SIMD. */
  start(count: number): void {
    const module = kernelModule();
    while (module && !this.closed && this.idle.length < count) this.idle.push(new FlowWorker(module));
  }

  /** A thread that nobody else uses: one that waits here, or a new one. */
  take(module: WebAssembly.Module): FlowWorker {
    return this.idle.pop() ?? new FlowWorker(module);
  }

  /** A stream has done with it. One that is still at work, or has failed, is ended. */
  async giveBack(worker: FlowWorker): Promise<void> {
    if (this.closed || !worker.isIdle) await worker.stop();
    else this.idle.push(worker);
  }

  /** Ends the threads that wait, and those in use when they are given back. */
  async close(): Promise<void> {
    this.closed = true;
    await Promise.all(this.idle.splice(0).map((worker) => worker.stop()));
  }
}
