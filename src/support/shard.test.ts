import fc from 'fast-check';
import { expect, test } from 'vitest';
import { shardOf } from './shard.ts';

test('shards are disjoint, together they are all, and an item stays in its own when others come', () => {
  fc.assert(
    fc.property(
      fc.uniqueArray(fc.string()),
      fc.uniqueArray(fc.string()),
      fc.integer({ min: 1, max: 9 }),
      (names, more, count) => {
        const shards = (of: string[]) =>
          Array.from({ length: count }, (_, index) =>
            shardOf(of, { index: index + 1, count }, (name) => name),
          );
        expect(shards(names).flat().sort()).toEqual([...names].sort());
        const later = shards([...new Set([...more, ...names])]);
        for (const [index, shard] of shards(names).entries())
          expect(later[index]).toEqual(expect.arrayContaining(shard));
      },
    ),
  );
});
