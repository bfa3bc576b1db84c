import { InputError } from '../support/errors.ts';

/**
 * Work that takes a processor for long, one after the other.
 *
 * @param most that wait for their turn, the one that runs among them.
 * @param busy what those beyond are told.
 * @returns does a work in its turn, unless the signal has aborted by then.
 */
export function turns(
  most: number,
  busy: string,
): <Result>(signal: AbortSignal, work: () => Promise<Result>) => Promise<Result> {
  let waiting = 0;
  let turn: Promise<unknown> = Promise.resolve();
  return async (signal, work) => {
    if (waiting >= most) throw new InputError(busy, 'busy');
    waiting++;
    const found = turn.then(() => {
      signal.throwIfAborted();
      return work();
    });
    turn = found.then(
      () => waiting--,
      () => waiting--,
    );
    return found;
  };
}
