// `affectline analyze` from its start to its exit: speed on a short film, and memory on one of two hours (`--long`).
import { execFileSync, spawn } from 'node:child_process';
import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { compiledEntry } from '../src/support/entry.ts';
import { describeMachine } from '../src/support/machine.ts';
import { residentMegabytes } from './resident-memory.ts';

const rounds = 5;
const main = compiledEntry(import.meta.url, '../dist/cli/main');
const folder = mkdtempSync(join(tmpdir(), 'affectline-bench-'));
process.on('exit', () => rmSync(folder, { recursive: true }));

/** Runs `affectline analyze`, and has `watch` called every half a second with its process. */
async function analyze(
  film: string,
  given: string[],
  watch: (pid: number) => void = () => {},
): Promise<number> {
  const start = performance.now();
  const command = [main, 'analyze', film, '--out', folder, '-y', ...given];
  const child = spawn(process.execPath, command, { stdio: ['ignore', 'ignore', 'pipe'] });
  let errors = '';
  child.stderr.on('data', (text) => {
    errors += text;
  });
  const timer = setInterval(() => watch(child.pid!), 500);
  const code = await new Promise((resolve) => child.once('close', resolve));
  clearInterval(timer);
  if (code !== 0) throw new Error(`exit code ${code}: ${errors}`);
  return (performance.now() - start) / 1000;
}

async function speed(film: string, seconds: number): Promise<void> {
  const cases = [
    { what: 'paper, flow off', given: ['--preset', 'paper', '--streams', 'rgb,sound'], goal: '≥ 6' },
    { what: 'paper, flow on every frame', given: ['--preset', 'paper'], goal: '≥ 2.5' },
    { what: 'compact, flow off', given: ['--preset', 'compact', '--streams', 'rgb,sound'], goal: '' },
    { what: 'compact, flow on every frame', given: ['--preset', 'compact'], goal: '' },
  ];
  const times = cases.map((): number[] => []);
  for (let round = 0; round < rounds; round++) {
    for (const [index, { given }] of cases.entries()) times[index]!.push(await analyze(film, given));
  }
  console.log(`Megamind.avi (${seconds} s), start-up included, median of ${rounds} · ${describeMachine()}`);
  console.table(
    cases.map(({ what, goal }, index) => {
      const sorted = times[index]!.sort((a, b) => a - b);
      const median = sorted[rounds >> 1]!;
      return {
        what,
        s: Number(median.toFixed(2)),
        'best s': Number(sorted[0]!.toFixed(2)),
        '× real time': Number((seconds / median).toFixed(1)),
        goal,
      };
    }),
  );
}

async function memory(hours: number): Promise<void> {
  const [part, film] = [join(folder, 'part.mp4'), join(folder, 'film.mp4')];
  const source = ['-f', 'lavfi', '-i', 'testsrc2=s=160x90:r=5:d=60', '-f', 'lavfi', '-i', 'sine=d=60:b=3'];
  const codecs = ['-c:v', 'libx264', '-preset', 'veryfast', '-pix_fmt', 'yuv420p', '-c:a', 'aac'];
  execFileSync('ffmpeg', ['-v', 'error', ...source, ...codecs, part]);
  const repeated = ['-stream_loop', `${60 * hours - 1}`, '-i', part, '-c', 'copy', film];
  execFileSync('ffmpeg', ['-v', 'error', ...repeated], { stdio: 'ignore' });
  const rows = [];
  for (const streams of ['rgb,sound', 'flow,rgb,sound']) {
    const samples: number[] = [];
    const seconds = await analyze(film, ['--preset', 'paper', '--streams', streams], (pid) =>
      samples.push(residentMegabytes(pid)),
    );
    const quarter = (q: number) => samples.slice((q * samples.length) / 4, ((q + 1) * samples.length) / 4);
    rows.push({
      streams,
      'MB at most, by quarter': [0, 1, 2, 3].map((q) => Math.round(Math.max(...quarter(q)))).join(' '),
      goal: '≤ 900, flat',
      s: Math.round(seconds),
    });
  }
  console.log(
    `A film of ${hours} hours, preset paper: resident memory of all processes · ${describeMachine()}`,
  );
  console.table(rows);
}

const megamind = '/usr/share/doc/opencv-doc/examples/data/Megamind.avi';
if (existsSync(megamind)) await speed(megamind, 11.26);
else console.log('Megamind.avi is missing: install the Debian package opencv-doc');
if (process.argv.includes('--long')) await memory(2);
