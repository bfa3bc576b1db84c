// How long two films take to be aligned, and the memory that it takes beside their vectors; goals: two films of two hours,
// a place each second (7,200 of each), ≤ 1 s and ≤ 100 MB. Medians of 5, in this thread.
import { align } from '../src/search/alignment.ts';
import { describeMachine } from '../src/support/machine.ts';
import { Random } from '../src/support/random.ts';

const random = Random.seeded(1);
console.log(describeMachine());
console.log('places        numbers each      ms   MB of memory beside the vectors, at most');
for (const [places, dimensions] of [
  [1440, 512],
  [7200, 2],
  [7200, 64],
  [7200, 512],
  [28_800, 64],
] as const) {
  const a = Float32Array.from({ length: places * dimensions }, () => random.normal());
  const without = Math.round(places / 3) * dimensions;
  const b = new Float32Array(a.length - without / 10);
  b.set(a.subarray(0, without));
  b.set(a.subarray(without + without / 10), without);
  for (const [k, value] of b.entries()) b[k] = value + 0.3 * random.normal();
  const staying = { stay: 0.45, distanceCounts: false };
  const times: number[] = [];
  global.gc?.();
  const before = process.memoryUsage.rss();
  for (let run = 0; run < 5; run++) {
    const begun = performance.now();
    align(
      { dimensions, vectors: a },
      { dimensions, vectors: b },
      { unit: 'spread', staying, shortestRun: 3 },
    );
    times.push(performance.now() - begun);
  }
  const more = (process.resourceUsage().maxRSS * 1024 - before) / 1e6;
  console.log(
    `${String(places).padEnd(14)}${String(dimensions).padEnd(14)}${times
      .sort((x, y) => x - y)[2]!
      .toFixed(0)
      .padStart(6)}   ${more.toFixed(0)}`,
  );
}
