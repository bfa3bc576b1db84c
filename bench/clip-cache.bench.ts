// What a prepared clip takes on disk (goal: ≤ 3 MB for 10 s at 25 frames a second, short side 256) and what is lost:
// the flow after storage, and predictions from prepared clips against those from the films themselves.
import { mkdtempSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { openAnalyzer, readModel } from '../src/analysis/node/index.ts';
import { decodeFlow, encodeFlow } from '../src/clips/cache/flow-image.ts';
import { ClipCache } from '../src/clips/index.ts';
import { readAnnotations } from '../src/datasets/index.ts';
import type { FlowField, GrayImage } from '../src/flow/index.ts';
import { flowOfFrames } from '../src/flow/node/index.ts';
import { openMedia } from '../src/media/index.ts';
import { preprocessingFor } from '../src/streams/index.ts';
import { describeMachine } from '../src/support/machine.ts';
import { synthesize } from '../src/synthesis/index.ts';
import { predictClips } from '../src/training/index.ts';

const clipCount = 6;
/** A trained model to predict with; without one the last part is left out. */
const model = process.env.AFFECTLINE_MODEL;

const mean = (values: readonly number[]) => values.reduce((sum, value) => sum + value, 0) / values.length;
const folder = mkdtempSync(join(tmpdir(), 'affectline-cache-'));
try {
  const data = join(folder, 'data');
  await synthesize(data, { films: 3, clips: clipCount, seed: 2 });
  const { clips } = readAnnotations(data);
  console.log(describeMachine());

  const large = new ClipCache(join(folder, 'large'), preprocessingFor('paper'));
  const sizes: number[] = [];
  for (const film of clips.slice(0, 3)) {
    await large.prepare([film]);
    const { duration } = await large.open(film);
    sizes.push((statSync(await large.pathOf(film)).size * 10) / duration / 1e6);
  }
  console.log(`short side 256, 10 s: ${sizes.map((size) => size.toFixed(2)).join(', ')} MB; goal ≤ 3 MB`);

  for (const lines of [256, 128]) {
    const fields = await flowOf(clips[0]!.path, lines, 40);
    const stored = await decodeFlow(await encodeFlow(fields), fields.length);
    const errors = fields.map((field, i) => endpointError(field, stored[i]!));
    const lengths = fields.map(({ u, v }) => mean([...u].map((x, i) => Math.hypot(x, v[i]!))));
    console.log(
      `flow of ${lines} lines: mean length ${mean(lengths).toFixed(2)}; as stored ${mean(errors).toFixed(3)} off`,
    );
  }

  if (model) {
    const { network, parameters, preprocessing } = await readModel(model);
    const { side } = network.sizes;
    const analyzer = await openAnalyzer({ model });
    const whole: { readonly valence: number; readonly arousal: number }[] = [];
    for (const { path } of clips) whole.push((await analyzer.analyze(path)).clip);
    await analyzer.close();
    const spread = (of: 'valence' | 'arousal') => {
      const values = whole.map((affect) => affect[of]);
      return Math.sqrt(mean(values.map((value) => (value - mean(values)) ** 2))).toFixed(3);
    };
    console.log(
      `predictions from the films: standard deviation ${spread('valence')} valence, ${spread('arousal')} arousal`,
    );
    const cache = new ClipCache(join(folder, 'prepared'), preprocessing);
    const start = performance.now();
    await cache.prepare(clips);
    const seconds = (performance.now() - start) / 1000 / clips.length;
    const differences = { valence: [] as number[], arousal: [] as number[] };
    for (const [i, film] of clips.entries()) {
      const clip = await cache.open(film);
      const size = { moments: clip.segmentCount, fields: 10, samples: clip.sampleCount, side };
      const [prepared] = await predictClips([{ clip }], { network, parameters, size });
      for (const of of ['valence', 'arousal'] as const)
        differences[of].push(Math.abs(prepared![of] - whole[i]![of]));
    }
    console.log(
      `${seconds.toFixed(1)} s a clip; predictions differ from those of the films by ` +
        `${mean(differences.valence).toFixed(4)} valence, ${mean(differences.arousal).toFixed(4)} arousal on average, on a scale of 1 to 5`,
    );
  } else console.log('predictions: AFFECTLINE_MODEL names no trained model, left out');
} finally {
  rmSync(folder, { recursive: true });
}

async function flowOf(film: string, shortSide: number, frames: number): Promise<FlowField[]> {
  const fields: FlowField[] = [];
  for await (const field of flowOfFrames(grays(film, shortSide, frames), { preset: 'standard' }))
    fields.push(field);
  return fields;
}

async function* grays(film: string, shortSide: number, count: number): AsyncGenerator<GrayImage> {
  let left = count;
  for await (const item of await openMedia(film, { shortSide, rgbEvery: 0, sound: false })) {
    if (item.kind !== 'frame') continue;
    const { width, height, gray } = item.frame;
    yield { width, height, data: gray };
    if (--left === 0) return;
  }
}

/** Mean distance of a stored field from the one it was made from. */
function endpointError({ u, v }: FlowField, stored: FlowField): number {
  return mean([...u].map((x, i) => Math.hypot(x - stored.u[i]!, v[i]! - stored.v[i]!)));
}
