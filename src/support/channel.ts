/** A queue between two tasks that work at their own pace: whoever is ahead waits. */
export class Channel<T> implements AsyncIterable<T, void, undefined> {
  private readonly capacity: number;
  private readonly items: T[] = [];
  private ended = false;
  private failure: unknown;
  private wake: () => void = () => {};
  private changed: Promise<void> = Promise.resolve();

  /** @param capacity how many items may wait before `push` does. */
  constructor(capacity: number) {
    this.capacity = capacity;
    this.renew();
  }

  /** Puts an item in, when there is room. Once nobody reads any more it is dropped. */
  async push(item: T): Promise<void> {
    while (this.items.length >= this.capacity && !this.ended) await this.changed;
    if (this.ended) return;
    this.items.push(item);
    this.notify();
  }

  /** No more items will come; those that wait can still be read. */
  end(): void {
    this.ended = true;
    this.notify();
  }

  /** No more items will come, because of this error: the reader gets it after those that wait. */
  fail(error: unknown): void {
    this.failure ??= error;
    this.end();
  }

  /** No more items will come, and those that wait are dropped, because of this reason: the reader gets it next. */
  abort(reason: unknown): void {
    this.items.length = 0;
    this.fail(reason);
  }

  async *[Symbol.asyncIterator](): AsyncGenerator<T, void, undefined> {
    try {
      for (;;) {
        while (this.items.length === 0) {
          if (this.failure !== undefined) throw this.failure;
          if (this.ended) return;
          await this.changed;
        }
        const item = this.items.shift()!;
        this.notify();
        yield item;
      }
    } finally {
      // a reader that stops early must not leave the writer waiting
      this.end();
    }
  }

  private notify(): void {
    const { wake } = this;
    this.renew();
    wake();
  }

  private renew(): void {
    this.changed = new Promise((resolve) => {
      this.wake = resolve;
    });
  }
}
