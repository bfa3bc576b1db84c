// Frames per second of one pass (gray of every frame, RGB of every 10th, waveform, times) over a 720p H.264 film,
// beside ffmpeg's command line giving the same pictures and sound over pipes; runs take turns.
import { execFileSync, spawn } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Readable } from 'node:stream';
import { type DecoderName, openMedia } from '../src/media/index.ts';
import { describeMachine } from '../src/support/machine.ts';

const SECONDS = 30;
const ROUNDS = 5;

const folder = mkdtempSync(join(tmpdir(), 'affectline-bench-'));
const film = join(folder, 'film.mp4');
const moving = `testsrc2=s=1280x720:r=30:d=${SECONDS},noise=alls=8:allf=t,rotate=0.2*sin(t)`;
execFileSync('ffmpeg', [
  ...['-v', 'error', '-f', 'lavfi', '-i', moving, '-f', 'lavfi', '-i', `sine=d=${SECONDS}:b=4`],
  ...[
    '-c:v',
    'libx264',
    '-preset',
    'veryfast',
    '-pix_fmt',
    'yuv420p',
    '-b:v',
    '3M',
    '-c:a',
    'aac',
    '-ac',
    '2',
    film,
  ],
]);

async function ours(decoder: DecoderName): Promise<void> {
  let frames = 0;
  for await (const item of await openMedia(film, { decoder })) if (item.kind === 'frame') frames += 1;
  if (frames !== 30 * SECONDS) throw new Error(`${frames} frames`);
}

async function commandLine(): Promise<void> {
  const scale = 'scale=455:256:flags=bilinear';
  const graph = `[0:v]split[a][b];[a]${scale},format=gray[gray];[b]select='not(mod(n,10))',${scale},format=rgb24[rgb]`;
  const raw = ['-fps_mode', 'passthrough', '-f', 'rawvideo'];
  const child = spawn(
    'ffmpeg',
    [
      ...['-v', 'error', '-nostdin', '-i', film, '-filter_complex', graph],
      ...['-map', '[gray]', ...raw, 'pipe:1', '-map', '[rgb]', ...raw, 'pipe:3'],
      ...['-map', '0:a', '-ac', '1', '-ar', '22050', '-f', 'f32le', 'pipe:4'],
    ],
    { stdio: ['ignore', 'pipe', 'ignore', 'pipe', 'pipe'] },
  );
  let bytes = 0;
  for (const at of [1, 3, 4]) {
    (child.stdio[at] as Readable).on('data', (chunk: Uint8Array) => {
      bytes += chunk.length;
    });
  }
  await new Promise((resolve) => child.once('close', resolve));
  if (bytes < 30 * SECONDS * 455 * 256) throw new Error(`${bytes} bytes`);
}

const runs = {
  "ffmpeg's command line": commandLine,
  'openMedia, node-av': () => ours('node-av'),
  'openMedia, ffmpeg': () => ours('ffmpeg'),
};
const rates = new Map<string, number[]>(Object.keys(runs).map((name) => [name, []]));
for (let round = 0; round < ROUNDS; round++) {
  for (const [name, run] of Object.entries(runs)) {
    const start = performance.now();
    await run();
    rates.get(name)!.push((30 * SECONDS * 1000) / (performance.now() - start));
  }
}
rmSync(folder, { recursive: true });

const median = (values: number[]) => values.sort((a, b) => a - b)[values.length >> 1]!;
const reference = median(rates.get("ffmpeg's command line")!);
console.log(`Decoding 720p H.264 to gray + RGB of every 10th + sound · ${describeMachine()}`);
console.table(
  [...rates].map(([way, values]) => ({
    way,
    'frames/s': Math.round(median(values)),
    ratio: Number((median(values) / reference).toFixed(2)),
    goal: way.endsWith('node-av') ? '≥ 1.3' : '',
  })),
);
