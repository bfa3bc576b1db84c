// A two-hour film of small pictures: resident memory of this process and its children while it is decoded.
import { execFileSync } from 'node:child_process';
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type DecoderName, openMedia } from '../src/media/index.ts';
import { describeMachine } from '../src/support/machine.ts';

const SECONDS = 2 * 3600;
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
const repeated = ['-stream_loop', `${SECONDS / 60 - 1}`, '-i', part, '-c', 'copy', film];
execFileSync('ffmpeg', ['-v', 'error', ...repeated], { stdio: 'ignore' });

/** Megabytes of resident memory of this process and all below it. */
function residentMegabytes(): number {
  const processes = readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .flatMap((name) => {
      try {
        const status = readFileSync(`/proc/${name}/status`, 'utf8');
        const number = (key: string) => Number(new RegExp(`${key}:\\s+(\\d+)`).exec(status)?.[1] ?? 0);
        return [{ pid: Number(name), parent: number('PPid'), kilobytes: number('VmRSS') }];
      } catch {
        return [];
      }
    });
  const family = new Set([process.pid]);
  for (let size = 0; size !== family.size; ) {
    size = family.size;
    for (const { pid, parent } of processes) if (family.has(parent)) family.add(pid);
  }
  return processes.reduce((sum, { pid, kilobytes }) => sum + (family.has(pid) ? kilobytes / 1024 : 0), 0);
}

const rows = [];
for (const decoder of ['node-av', 'ffmpeg'] as DecoderName[]) {
  const start = performance.now();
  const media = await openMedia(film, { decoder });
  const quarters: number[][] = [[], [], [], []];
  for await (const item of media) {
    if (item.kind !== 'frame' || item.frame.index % 500 !== 0) continue;
    quarters[Math.min(3, Math.floor((4 * item.frame.time) / SECONDS))]!.push(residentMegabytes());
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
console.log(`Decoding ${SECONDS / 3600} hours of film · ${describeMachine()}`);
console.table(rows);
