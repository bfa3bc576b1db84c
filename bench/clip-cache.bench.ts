// What a prepared clip takes on disk (goal: ≤ 3 MB for 10 s at 25 frames a second, short side 256) and what is lost:
// the flow after storage, and predictions from prepared clips against those from the films themselves.
import { mkdtempSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { openAnalyzer, readModel } from '../src/analysis/index.ts';
import { decodeFlow, encodeFlow, flowOfLevels } from '../src/clips/cache/flow-image.ts';
import { ClipCache } from '../src/clips/index.ts';
import { readAnnotations } from '../src/datasets/index.ts';
import type { FlowField, GrayImage } from '../src/flow/index.ts';
import { flowOfFrames } from '../src/flow/node/index.ts';
import { openMedia } from '../src/media/index.ts';
import { describeMachine } from '../src/support/machine.ts';
import { synthesize } from '../src/synthesis/index.ts';
import { predictClips } from '../src/training/index.ts';

const CLIPS = 6;
/** A trained model to predict with; without one the last part is left out. */
const model = process.env.AFFECTLINE_MODEL;

const mean = (values: readonly number[]) => values.reduce((sum, value) => sum + value, 0) / values.length;
const folder = mkdtempSync(join(tmpdir(), 'affectline-cache-'));
try {
  const data = join(folder, 'data');
  await synthesize(data, { films: 3, clips: CLIPS, seed: 2 });
  const films = readAnnotations(data).clips.map(({ path }) => path);
  console.log(describeMachine());

  const large = new ClipCache(join(folder, 'large'), { shortSide: 256, flowPreset: 'standard' });
  const sizes: number[] = [];
  for (const film of films.slice(0, 3)) {
    await large.prepare([film]);
    const { duration } = await large.open(film);
    sizes.push((statSync(await large.pathOf(film)).size * 10) / duration / 1e6);
  }
  console.log(`short side 256, 10 s: ${sizes.map((size) => size.toFixed(2)).join(', ')} MB; goal ≤ 3 MB`);

  for (const [shortSide, reduction] of [
    [256, 2],
    [128, 1],
  ] as const) {
    const fields = await flowOf(films[0]!, shortSide, 40);
    const stored = (await decodeFlow(await encodeFlow(fields, 1), fields.length)).map(flowOfLevels);
    const reduced = (await decodeFlow(await encodeFlow(fields, reduction), fields.length)).map(flowOfLevels);
    const errors = fields.map((field, i) => endpointError(field, stored[i]!, 1));
    const reducedErrors = fields.map((field, i) => endpointError(field, reduced[i]!, reduction));
    const lengths = fields.map(({ u, v }) => mean([...u].map((x, i) => Math.hypot(x, v[i]!))));
    console.log(
      `flow, short side ${shortSide}: mean length ${mean(lengths).toFixed(2)} px; error as stored ${mean(reducedErrors).toFixed(3)} px, of it JPEG ${mean(errors).toFixed(3)} px`,
    );
  }

  if (model) {
    const { network, regression: parameters } = await readModel(model);
    const { shortSide, side } = network.sizes;
    const analyzer = await openAnalyzer({ model });
    const whole: { readonly valence: number; readonly arousal: number }[] = [];
    for (const film of films) whole.push((await analyzer.analyze(film)).clip);
    await analyzer.close();
    const spread = (of: 'valence' | 'arousal') => {
      const values = whole.map((affect) => affect[of]);
      return Math.sqrt(mean(values.map((value) => (value - mean(values)) ** 2))).toFixed(3);
    };
    console.log(
      `predictions from the films: standard deviation ${spread('valence')} valence, ${spread('arousal')} arousal`,
    );
    for (const flowPreset of ['fast', 'standard'] as const) {
      const cache = new ClipCache(join(folder, flowPreset), { shortSide, flowPreset });
      const start = performance.now();
      await cache.prepare(films);
      const seconds = (performance.now() - start) / 1000 / films.length;
      const differences = { valence: [] as number[], arousal: [] as number[] };
      for (const [i, film] of films.entries()) {
        const clip = await cache.open(film);
        const view = { segments: clip.segmentCount, flowFields: 10, samples: clip.sampleCount, side };
        const [prepared] = await predictClips([{ clip }], { network, parameters, view });
        for (const of of ['valence', 'arousal'] as const)
          differences[of].push(Math.abs(prepared![of] - whole[i]![of]));
      }
      console.log(
        `flow preset ${flowPreset}: ${seconds.toFixed(1)} s a clip; predictions differ from those of the films by ` +
          `${mean(differences.valence).toFixed(4)} valence, ${mean(differences.arousal).toFixed(4)} arousal on average, on a scale of 1 to 5`,
      );
    }
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

/** Mean distance, in pixels, of a stored field from the one it was made from; nearest place where it is smaller. */
function endpointError(field: FlowField, stored: FlowField, reduction: number): number {
  let sum = 0;
  for (let y = 0; y < field.height; y++)
    for (let x = 0; x < field.width; x++) {
      const at = y * field.width + x;
      const there = Math.floor(y / reduction) * stored.width + Math.floor(x / reduction);
      sum += Math.hypot(field.u[at]! - stored.u[there]!, field.v[at]! - stored.v[there]!);
    }
  return sum / field.u.length;
}
