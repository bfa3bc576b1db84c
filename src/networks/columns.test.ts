import { expect, test } from 'vitest';
import { parametersOf } from '../graph/index.ts';
import { describeNetwork, waveformNetwork } from '../models/index.ts';
import { openSession } from '../runtime/node/index.ts';
import { Random } from '../support/random.ts';
import { columnCount, columnStride, columnTime, SoundChunks } from './columns.ts';
import { constantQWindows } from './constant-q.ts';
import { randomParameters } from './random-parameters.ts';
import { soundnetWindows } from './soundnet.ts';

const networks = {
  conv7: { options: { soundLayer: 'conv7' }, windows: soundnetWindows('conv7'), columns: 16 },
  pool5: { options: { soundLayer: 'pool5' }, windows: soundnetWindows('pool5'), columns: 64 },
  'constant-q': { options: { backbone: { sound: 'constant-q' } }, windows: constantQWindows, columns: 64 },
} as const;
type Name = keyof typeof networks;
const names = Object.keys(networks) as Name[];

interface SoundMap {
  map: Float32Array;
  columns: number;
}

/** Maps [C, columns] of waveforms of one length, each evaluated at once. */
async function soundMaps(waveforms: Float32Array[], name: Name): Promise<SoundMap[]> {
  const { length } = waveforms[0]!;
  const outputs = waveformNetwork(
    describeNetwork({ preset: 'compact', streams: ['sound'], ...networks[name].options }),
    'sound',
    length,
  );
  const session = await openSession(outputs, { parameters: randomParameters(parametersOf(outputs), 1) });
  const results = await Promise.all(
    waveforms.map((data) => session.run({ sound: { shape: [1, 1, length, 1], data } })),
  );
  await session.close();
  return results.map(({ sound }) => ({ map: sound!.data, columns: sound!.shape[2]! }));
}

function waveform(length: number): Float32Array {
  const random = Random.seeded(2);
  return Float32Array.from(
    { length },
    (_, i) => 0.3 * Math.sin(i * (0.02 + i * 1e-8)) + 0.05 * random.normal(),
  );
}

test.each(names)('%s: a long waveform cut into chunks gives the map of the whole', async (name) => {
  const { windows, columns: atOnce } = networks[name];
  const samples = waveform(70 * 22_050 + 123);
  const [whole] = (await soundMaps([samples], name)) as [SoundMap];
  expect(whole.columns).toBe(columnCount(samples.length, windows));

  const cutter = new SoundChunks(windows, atOnce);
  const chunks = [];
  for (let start = 0; start < samples.length; start += 40_000)
    chunks.push(...cutter.push(samples.subarray(start, start + 40_000)));
  chunks.push(...cutter.end());
  expect(chunks.length).toBeGreaterThan(2);
  expect(new Set(chunks.slice(0, -1).map((chunk) => chunk.samples.length)).size).toBe(1);

  let column = 0;
  for (const { samples: part, skip, keep } of chunks) {
    const [{ map, columns }] = (await soundMaps([part], name)) as [SoundMap];
    const channels = map.length / columns;
    for (let c = 0; c < channels; c++)
      for (let i = 0; i < keep; i++) {
        const expected = whole.map[c * whole.columns + column + i]!;
        expect(Math.abs(map[c * columns + skip + i]! - expected)).toBeLessThan(
          1e-4 * (1 + Math.abs(expected)),
        );
      }
    column += keep;
  }
  expect(column).toBe(whole.columns);
});

test.each(names)('%s: cutting never loses or repeats a column, whatever the length', (name) => {
  const { windows } = networks[name];
  const stride = columnStride(windows);
  for (const length of [
    0,
    1,
    stride / 4,
    16 * stride - 1,
    16 * stride,
    16 * stride + 1,
    29 * stride,
    123_456 * 9,
  ]) {
    const cutter = new SoundChunks(windows, 16);
    const chunks = [...cutter.push(new Float32Array(length)), ...cutter.end()];
    const kept = chunks.reduce((sum, { keep }) => sum + keep, 0);
    expect(kept, `${length} samples`).toBe(columnCount(length, windows));
  }
});

test.each(names)('%s: the time of a column is the middle of what it hears', async (name) => {
  const { windows } = networks[name];
  const step = columnStride(windows) / 4;
  const quiet = new Float32Array(48 * step);
  const clicks = Array.from({ length: quiet.length / step }, (_, i) =>
    quiet.slice().fill(0.9, i * step, (i + 1) * step),
  );
  const [reference, ...maps] = (await soundMaps([quiet, ...clicks], name)) as [SoundMap, ...SoundMap[]];
  const column = 5;
  const heard = maps.flatMap(({ map, columns }, i) => {
    const differs = map.some((value, at) => at % columns === column && value !== reference.map[at]);
    return differs ? [(i + 0.5) * step] : [];
  });
  const middle = (heard[0]! + heard.at(-1)!) / 2;
  expect(Math.abs(columnTime(column, windows) * 22_050 - middle)).toBeLessThanOrEqual(step);
  expect(columnTime(column + 1, windows) - columnTime(column, windows)).toBeCloseTo(
    columnStride(windows) / 22_050,
    9,
  );
});

test('counts of columns are those published for SoundNet', () => {
  const counts = (layer: 'conv7' | 'pool5') =>
    [8, 10].map((seconds) => columnCount(seconds * 22_050, soundnetWindows(layer)));
  expect(counts('conv7')).toEqual([6, 8]);
  expect(counts('pool5')).toEqual([21, 27]);
});
