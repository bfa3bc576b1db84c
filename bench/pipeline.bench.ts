// What a film costs from the start of the program to its exit: of a second, of twenty films in one call, prepared for
// training; with `--long` the memory of half an hour in their place, some five minutes on two cores by estimate. Processor
// time of all processes stands beside the clock's: on a machine that does other work, too, it is what can be compared.
import { execFileSync, spawn } from 'node:child_process';
import { copyFileSync, existsSync, mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { ClipCache } from '../src/clips/index.ts';
import { type Preset, preprocessingFor } from '../src/streams/index.ts';
import { compiledEntry } from '../src/support/entry.ts';
import { describeMachine } from '../src/support/machine.ts';
import { residentMegabytes } from './resident-memory.ts';

const rounds = 5;
const main = compiledEntry(import.meta.url, '../dist/cli/main');
const folder = mkdtempSync(join(tmpdir(), 'affectline-bench-'));
process.on('exit', () => rmSync(folder, { recursive: true }));
const megamind = '/usr/share/doc/opencv-doc/examples/data/Megamind.avi';
const codecs = ['-c:v', 'libx264', '-preset', 'veryfast', '-pix_fmt', 'yuv420p', '-c:a', 'aac'];
const ffmpeg = (...given: string[]) => execFileSync('ffmpeg', ['-v', 'error', '-y', ...given]);

interface Run {
  /** By the clock. */
  readonly seconds: number;
  /** Of the program and all that it started and waited for. */
  readonly processor: number;
  /** Megabytes of all processes together, every tenth of a second. */
  readonly memory: readonly number[];
}

/** Runs a program, and watches it. */
async function run(...given: string[]): Promise<Run> {
  const report = join(folder, 'times');
  // the shell's `times` tells of all that has been waited for, the decoders among them
  const child = spawn('/bin/sh', ['-c', `"$@" >"${report}.out" && times >"${report}"`, 'sh', ...given], {
    stdio: ['ignore', 'ignore', 'pipe'],
  });
  const start = performance.now();
  let errors = '';
  child.stderr.on('data', (text) => {
    errors += text;
  });
  const memory: number[] = [];
  const timer = setInterval(() => memory.push(residentMegabytes(child.pid!)), 100);
  const code = await new Promise((resolve) => child.once('close', resolve));
  clearInterval(timer);
  if (code !== 0) throw new Error(`exit code ${code}: ${errors}`);
  const seconds = (performance.now() - start) / 1000;
  return {
    seconds,
    processor: processorSeconds(execFileSync('cat', [report], { encoding: 'utf8' })),
    memory,
  };
}

/** The sum of what `times` prints: `0m1.250s 0m0.110s` for the shell, and for its children. */
function processorSeconds(text: string): number {
  return [...text.matchAll(/(\d+)m([\d.]+)s/g)].reduce(
    (sum, [, m, s]) => sum + 60 * Number(m) + Number(s),
    0,
  );
}

const median = (values: readonly number[]) => values.toSorted((a, b) => a - b)[values.length >> 1]!;
/** By the first line of its file, as a command that is installed. */
const analyze = (films: readonly string[], ...given: string[]) =>
  run(main, 'analyze', ...films, '--out', join(folder, 'out'), '-y', ...given);

async function row(what: string, goal: string, once: () => Promise<Run>, times = rounds) {
  const runs: Run[] = [];
  for (let round = 0; round < times; round++) runs.push(await once());
  const seconds = median(runs.map((run) => run.seconds));
  const processor = median(runs.map((run) => run.processor));
  return {
    ...{ what, goal, s: seconds.toFixed(2), 'processor s': processor.toFixed(2) },
    cores: (processor / seconds).toFixed(2),
    'MB at most': Math.round(Math.max(...runs.flatMap(({ memory }) => memory))),
  };
}

/** Clips of the same film prepared in a cache of their own each time; a program of its own, so that its start counts as well. */
async function prepare(film: string, preset: Preset, clips: number): Promise<Run> {
  const cache = mkdtempSync(join(folder, 'clips-'));
  return await run(process.execPath, process.argv[1]!, 'prepare', film, cache, preset, String(clips));
}

async function speed(): Promise<void> {
  const second = join(folder, 'second.mp4');
  ffmpeg('-i', megamind, '-t', '1', ...codecs, second);
  const ten = join(folder, 'ten.mp4');
  ffmpeg('-i', megamind, '-t', '10', ...codecs, ten);
  mkdirSync(join(folder, 'twenty'));
  for (let i = 0; i < 20; i++) copyFileSync(ten, join(folder, 'twenty', `${i}.mp4`));
  console.log(`Megamind.avi in pieces, median of ${rounds} · ${describeMachine()}`);
  console.table([
    await row('1 s, starter model', '≤ .8 s', () => analyze([second])),
    await row('1 s, preset paper', '≤ 1.5 s', () => analyze([second], '--preset', 'paper')),
    await row(
      '20 films of 10 s, starter model',
      '≥ 1.85 cores, ≤ 900 MB',
      () => analyze([join(folder, 'twenty')]),
      1,
    ),
    await row(
      'the same, one at a time',
      '–',
      () => analyze([join(folder, 'twenty')], '--timeout', '10000'),
      1,
    ),
    await row('10 s prepared, preset paper', '≤ 1.5 s', () => prepare(ten, 'paper', 1)),
    await row('twenty times 10 s prepared, preset compact', '–', () => prepare(ten, 'compact', 20), 1),
  ]);
}

/** Half an hour, of small pictures and few, so that it takes minutes: a clip over and over, with its sound. */
async function memory(): Promise<void> {
  const [part, film] = [join(folder, 'part.mp4'), join(folder, 'film.mp4')];
  ffmpeg('-i', megamind, '-t', '10', '-vf', 'scale=160:120,fps=3', ...codecs, part);
  ffmpeg('-stream_loop', '179', '-i', part, '-c', 'copy', film);
  console.log(`Megamind.avi for half an hour, 160×120, 3 frames a second · ${describeMachine()}`);
  const rows = [];
  for (const given of [[], ['--preset', 'paper']]) {
    const { memory, seconds, processor } = await analyze([film], ...given);
    const quarters = [0, 1, 2, 3].map((q) =>
      memory.slice((q * memory.length) / 4, ((q + 1) * memory.length) / 4),
    );
    const peaks = quarters.map((values) => Math.round(Math.max(...values)));
    const later = Math.max(...peaks.slice(2)) / peaks[1]!;
    rows.push({
      ...{ what: given[1] ?? 'starter model', s: seconds.toFixed(0), 'processor s': processor.toFixed(0) },
      'MB at most, by quarter': peaks.join(' '),
      'second half ÷ second quarter': later.toFixed(2),
      'flat (≤ 1.05)': later <= 1.05,
      goal: '≤ 700 MB, flat',
    });
  }
  console.table(rows);
}

const [, , task, film, cache, preset, clips] = process.argv;
if (task === 'prepare') {
  // each begins a little later: the same clip would be prepared once
  const sources = Array.from({ length: Number(clips) }, (_, i) => ({
    path: film!,
    ...(i > 0 && { part: { start: i / 1000 } }),
  }));
  await new ClipCache(cache!, preprocessingFor(preset as Preset)).prepare(sources);
} else if (!existsSync(megamind))
  console.log('Megamind.avi is missing: install the Debian package opencv-doc');
else await (process.argv.includes('--long') ? memory() : speed());
