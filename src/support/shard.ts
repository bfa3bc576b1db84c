import { createHash } from 'node:crypto';

/** The `index`-th of `count` parts of a work that is split; `index` counts from 1. */
export interface Shard {
  index: number;
  count: number;
}

/**
 * The items of a shard. An item's name alone says where it belongs, so shards that run on different machines, or see
 * some more items than others, never share one, and together have all.
 *
 * @param nameOf the same for the same item on every machine.
 */
export function shardOf<Item>(
  items: readonly Item[],
  { index, count }: Shard,
  nameOf: (item: Item) => string,
): Item[] {
  return items.filter((item) => {
    const hash = createHash('sha256').update(nameOf(item)).digest();
    return hash.readUInt32BE(0) % count === index - 1;
  });
}
