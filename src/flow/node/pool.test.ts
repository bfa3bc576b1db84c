import { execFileSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';
import { compiledEntry } from '../../support/entry.ts';
import { FlowKernel } from '../kernel/kernel.ts';
import type { FlowField, GrayImage } from '../schedule.ts';
import { texture } from '../testing.ts';
import { kernelModule } from './module.ts';
import { flowOfFrames } from './pool.ts';

/** A texture that moves a different way in every frame, so that no two fields are alike. */
const frameAt = (n: number): GrayImage => texture(64, 48, 1.1, 2 * Math.sin(n), 2 * Math.cos(1.7 * n));

/** Frames that count how many of them were taken and whether the reader said it was done. */
function watched(count: number, make = frameAt) {
  const state = { taken: 0, closed: false };
  async function* frames() {
    try {
      for (let n = 0; n < count; n++) {
        state.taken++;
        yield make(n);
      }
    } finally {
      state.closed = true;
    }
  }
  return { state, frames: frames() };
}

async function collect(fields: AsyncIterable<FlowField>): Promise<FlowField[]> {
  const all: FlowField[] = [];
  for await (const field of fields) all.push(field);
  return all;
}

test('fields come in order and are those of one kernel, whatever the number of threads', async () => {
  const kernel = new FlowKernel(kernelModule()!, frameAt(0));
  const expected = Array.from({ length: 23 }, (_, n) => kernel.next(frameAt(n))).slice(1);
  for (const threads of [1, 2, 3]) {
    expect(await collect(flowOfFrames(watched(23).frames, { threads }))).toEqual(expected);
  }
});

test('no frame or one frame gives no field', async () => {
  expect(await collect(flowOfFrames(watched(0).frames))).toEqual([]);
  expect(await collect(flowOfFrames(watched(1).frames))).toEqual([]);
});

test('frames are taken only as fields are asked for', async () => {
  const { state, frames } = watched(1000);
  let fields = 0;
  for await (const _ of flowOfFrames(frames, { threads: 2 })) {
    fields++;
    expect(state.taken - fields).toBeLessThanOrEqual(13);
    if (fields === 100) break;
  }
  expect(state.closed).toBe(true);
});

test('an aborted stream ends with the reason, also while the next frame is awaited', async () => {
  const controller = new AbortController();
  async function* stalled() {
    yield frameAt(0);
    yield frameAt(1);
    setTimeout(() => controller.abort(new Error('enough')), 50);
    await new Promise(() => {});
  }
  await expect(collect(flowOfFrames(stalled(), { signal: controller.signal }))).rejects.toThrow('enough');
});

test('an error of the frames, and a frame of another size, reach the reader', async () => {
  async function* broken() {
    yield frameAt(0);
    yield frameAt(1);
    throw new Error('the file ends here');
  }
  await expect(collect(flowOfFrames(broken()))).rejects.toThrow('the file ends here');
  const growing = watched(5, (n) => texture(40 + (n > 2 ? 1 : 0), 30, 1));
  await expect(collect(flowOfFrames(growing.frames))).rejects.toThrow(
    'frame 3 is 41×30, those before are 40×30',
  );
  expect(growing.state.closed).toBe(true);
});

test('an unknown preset is refused by name', async () => {
  // @ts-expect-error: what a caller without types may pass
  const fields = flowOfFrames(watched(2).frames, { preset: 'standart' });
  await expect(fields.next()).rejects.toThrow("unknown preset 'standart'; one of: fast, standard, accurate");
});

test('a worker that fails ends the stream with its error', async () => {
  const { frames } = watched(20, (n) => (n === 9 ? { ...frameAt(n), data: new Uint8Array(5) } : frameAt(n)));
  await expect(collect(flowOfFrames(frames, { threads: 2 }))).rejects.toThrow('64×48 with 5 values');
});

test('the process ends by itself, whether the stream is read to its end, left, or forgotten', () => {
  const index = compiledEntry(import.meta.url, './index');
  const read = {
    end: 'for await (const field of fields) count++;',
    left: 'for await (const field of fields) if (++count === 3) break;',
    forgotten:
      'while (count < 3) { await fields.next(); count++; } await new Promise((done) => setTimeout(done, 300));',
  };
  for (const body of Object.values(read)) {
    const script = `
      import { flowOfFrames } from ${JSON.stringify(index)};
      async function* frames() {
        for (let n = 0; n < 12; n++) yield { width: 32, height: 24, data: new Uint8Array(768).map((_, i) => (i * n) % 251) };
      }
      const fields = flowOfFrames(frames(), { threads: 2 });
      let count = 0;
      ${body}
      console.log(count);`;
    const output = execFileSync(process.execPath, ['--input-type=module', '--eval', script], {
      cwd: fileURLToPath(new URL('../../..', import.meta.url)),
      encoding: 'utf8',
      timeout: 20_000,
    });
    expect(Number(output)).toBe(body === read.end ? 11 : 3);
  }
});

test('where WebAssembly has no SIMD the oracle takes over, with a warning', () => {
  const index = compiledEntry(import.meta.url, './index');
  const script = `
    WebAssembly.validate = () => false;
    const { flowOfFrames } = await import(${JSON.stringify(index)});
    const { broxFlow } = await import(${JSON.stringify(compiledEntry(import.meta.url, '../index'))});
    const frame = (n) => ({ width: 32, height: 24, data: new Uint8Array(768).map((_, i) => (i * n) % 251) });
    async function* frames() { yield frame(1); yield frame(2); }
    process.on('warning', (warning) => console.log(warning.message));
    const expected = broxFlow(frame(1), frame(2));
    for await (const field of flowOfFrames(frames())) console.log(field.u.every((u, i) => u === expected.u[i]));`;
  const output = execFileSync(process.execPath, ['--input-type=module', '--eval', script], {
    encoding: 'utf8',
  });
  expect(output).toContain('no SIMD');
  expect(output).toContain('true');
});
