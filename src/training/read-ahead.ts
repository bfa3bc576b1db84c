/** How long reading kept its reader waiting. */
export interface Waiting {
  /** Seconds. */
  waited: number;
}

/**
 * Runs tasks a few ahead of their results being used, the first at once, and gives the results in order.
 *
 * @param ahead how many results may be under way or wait.
 * @param waiting receives the time in which a result was asked for and not there yet.
 */
export function readAhead<T>(
  tasks: Iterable<() => Promise<T>>,
  ahead: number,
  waiting: Waiting = { waited: 0 },
): AsyncGenerator<T, void, undefined> {
  const pending: Promise<T>[] = [];
  const source = tasks[Symbol.iterator]();
  const start = () => {
    const next = source.next();
    if (next.done) return;
    const result = next.value();
    result.catch(() => {}); // awaited below, in its turn
    pending.push(result);
  };
  for (let i = 0; i < ahead; i++) start();
  return inOrder(pending, start, waiting);
}

async function* inOrder<T>(
  pending: Promise<T>[],
  start: () => void,
  waiting: Waiting,
): AsyncGenerator<T, void, undefined> {
  while (pending.length > 0) {
    const asked = performance.now();
    const result = await pending.shift()!;
    waiting.waited += (performance.now() - asked) / 1000;
    start();
    yield result;
  }
}
