/**
 * Works on some items at a time and gives what each came to in the order of the items. One that is done early waits for
 * those before it, and only so many wait, so that what is kept stays bounded.
 *
 * @param atOnce items in work at a time.
 * @param ahead items in work or waiting, at most.
 * @throws what the first item that fails throws, once what is in work has ended; nothing is begun after a failure.
 */
export async function* inOrder<Item, Result>(
  items: readonly Item[],
  { atOnce, ahead }: { readonly atOnce: number; readonly ahead: number },
  work: (item: Item, index: number) => Promise<Result>,
): AsyncGenerator<Result, void, undefined> {
  const results: Promise<Result>[] = [];
  let next = 0;
  let running = 0;
  const begin = () => {
    while (running < atOnce && results.length < ahead && next < items.length) {
      running++;
      const result = work(items[next]!, next++)
        .catch((error) => {
          next = items.length;
          throw error;
        })
        .finally(() => {
          running--;
          begin();
        });
      result.catch(() => {}); // told in its turn
      results.push(result);
    }
  };
  try {
    for (begin(); results.length > 0; begin()) {
      const result = await results[0]!;
      results.shift();
      yield result;
    }
  } finally {
    next = items.length;
    await Promise.allSettled(results);
  }
}
