// Frames per second of one pass (gray of every frame, RGB of every 10th, waveform, times) over a 720p H.264 film,
// beside ffmpeg's command line giving pictures and sound over pipes, in the simple way (one picture pipe, which cannot
// deadlock) and in the leanest one (two pipes, drained at once, and no times); runs take turns.
import { execFileSync, spawn } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Readable } from 'node:stream';
import { type DecoderName, openMedia } from '../src/media/index.ts';
import { describeMachine } from '../src/support/machine.ts';

const seconds = 60;
const rounds = 5;

const folder = mkdtempSync(join(tmpdir(), 'affectline-bench-'));
const film = join(folder, 'film.mp4');
const moving = `testsrc2=s=1280x720:r=30:d=${seconds}`;
execFileSync('ffmpeg', [
  ...['-v', 'error', '-f', 'lavfi', '-i', moving, '-f', 'lavfi', '-i', `sine=d=${seconds}:b=4`],
  ...['-c:v', 'libx264', '-preset', 'veryfast', '-pix_fmt', 'yuv420p', '-c:a', 'aac', '-ac', '2', film],
]);

async function ours(decoder: DecoderName): Promise<void> {
  let frames = 0;
  for await (const item of await openMedia(film, { decoder })) if (item.kind === 'frame') frames += 1;
  if (frames !== 30 * seconds) throw new Error(`${frames} frames`);
}

const scale = 'scale=455:256:flags=bilinear';

/** Runs ffmpeg on the film and drains its pipes. */
async function commandLine(graph: string, pictures: string[]): Promise<void> {
  const raw = ['-fps_mode', 'passthrough', '-f', 'rawvideo'];
  const outputs = pictures.flatMap((name, i) => ['-map', `[${name}]`, ...raw, `pipe:${[1, 3][i]}`]);
  const sound = ['-map', '0:a', '-ac', '1', '-ar', '22050', '-f', 'f32le', 'pipe:4'];
  const child = spawn(
    'ffmpeg',
    ['-v', 'error', '-nostdin', '-i', film, '-filter_complex', graph, ...outputs, ...sound],
    { stdio: ['ignore', 'pipe', 'ignore', 'pipe', 'pipe'] },
  );
  let bytes = 0;
  for (const at of [1, 3, 4]) {
    (child.stdio[at] as Readable).on('data', (chunk: Uint8Array) => {
      bytes += chunk.length;
    });
  }
  await new Promise((resolve) => child.once('close', resolve));
  if (bytes < 30 * seconds * 455 * 256) throw new Error(`${bytes} bytes`);
}

const onePipe = () => commandLine(`[0:v]${scale},format=rgb24[rgb]`, ['rgb']);
const twoPipes = () =>
  commandLine(
    `[0:v]split[a][b];[a]${scale},format=gray[gray];[b]select='not(mod(n,10))',${scale},format=rgb24[rgb]`,
    ['gray', 'rgb'],
  );

const runs = {
  'ffmpeg, RGB of every frame over one pipe': onePipe,
  'ffmpeg, gray and every 10th RGB over two pipes, no times': twoPipes,
  'openMedia, node-av': () => ours('node-av'),
  'openMedia, ffmpeg': () => ours('ffmpeg'),
};
const rates = new Map<string, number[]>(Object.keys(runs).map((name) => [name, []]));
for (let round = 0; round < rounds; round++) {
  for (const [name, run] of Object.entries(runs)) {
    const start = performance.now();
    await run();
    rates.get(name)!.push((30 * seconds * 1000) / (performance.now() - start));
  }
}
rmSync(folder, { recursive: true });

const median = (values: number[]) => values.sort((a, b) => a - b)[values.length >> 1]!;
const rate = (way: string) => median(rates.get(way)!);
console.log(`Decoding 720p H.264 to gray + RGB of every 10th + sound · ${describeMachine()}`);
console.table(
  [...rates.keys()].map((way) => ({
    way,
    'frames/s': Math.round(rate(way)),
    "node-av's is × as fast": Number((rate('openMedia, node-av') / rate(way)).toFixed(2)),
    goal: way.startsWith('ffmpeg') ? '≥ 1.3' : '',
  })),
);
