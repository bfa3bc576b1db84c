// A two-hour film of small pictures: resident memory of this process and its children while it is decoded.
import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type DecoderName, openMedia } from '../src/media/index.ts';
import { describeMachine } from '../src/support/machine.ts';
import { residentMegabytes } from './resident-memory.ts';

const seconds = 2 * 3600;
const folder = mkdtempSync(join(tmpdir(), 'affectline-bench-'));
const film = join(folder, 'film.mp4');
const part = join(folder, 'part.mp4');
execFileSync('ffmpeg', [
  ...[
    '-v',
    'error',
    '-f',
    'lavfi',
    '-i',
    'testsrc2=s=160x90:r=12:d=60',
    '-f',
    'lavfi',
    '-i',
    'sine=d=60:b=3',
  ],
  ...['-c:v', 'libx264', '-preset', 'veryfast', '-pix_fmt', 'yuv420p', '-c:a', 'aac', part],
]);
const repeated = ['-stream_loop', `${seconds / 60 - 1}`, '-i', part, '-c', 'copy', film];
execFileSync('ffmpeg', ['-v', 'error', ...repeated], { stdio: 'ignore' });

const rows = [];
for (const decoder of ['node-av', 'ffmpeg'] as DecoderName[]) {
  const start = performance.now();
  const media = await openMedia(film, { decoder });
  const quarters: number[][] = [[], [], [], []];
  for await (const item of media) {
    if (item.kind !== 'frame' || item.frame.index % 500 !== 0) continue;
    quarters[Math.min(3, Math.floor((4 * item.frame.time) / seconds))]!.push(residentMegabytes());
  }
  const { coverage, frames } = media.summary();
  const peaks = quarters.map((values) => Math.round(Math.max(...values)));
  rows.push({
    decoder,
    frames,
    coverage: Number(coverage.toFixed(3)),
    'MB at most, by quarter': peaks.join(' '),
    goal: 'flat, ≤ 900 MB',
    s: Math.round((performance.now() - start) / 1000),
  });
}
rmSync(folder, { recursive: true });
console.log(`Decoding ${seconds / 3600} hours of film · ${describeMachine()}`);
console.table(rows);
