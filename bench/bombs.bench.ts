// Small files that claim, or unfold to, much: the memory and time that they cost. Needs ffmpeg and /proc.
import { execFileSync, spawn } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { describeMachine } from '../src/support/machine.ts';
import { mark, marked } from './processes.ts';

const folder = mkdtempSync(join(tmpdir(), 'affectline-bombs-'));
const main = fileURLToPath(new URL('../dist/cli/main.js', import.meta.url));
const path = (name: string) => join(folder, name);
const childMegabytes = 1000;
const mainMegabytes = 500;
/** Processor time that the smallest film may take, and more for each second it declares. */
const allowed = (seconds: number) => 60 + 20 * seconds;

function ffmpeg(...given: string[]): void {
  execFileSync('ffmpeg', ['-v', 'error', '-nostdin', '-y', ...given], { cwd: folder, stdio: 'ignore' });
}

function patched(from: string, name: string, change: (bytes: Buffer) => void): void {
  const bytes = readFileSync(path(from));
  change(bytes);
  writeFileSync(path(name), bytes);
}

/** The place behind the type of an MP4 box. */
function box(bytes: Buffer, type: string, occurrence = 0): number {
  let at = -1;
  for (let i = 0; i <= occurrence; i++) at = bytes.indexOf(type, at + 1, 'latin1');
  if (at < 0) throw new Error(`no ${type}`);
  return at + 4;
}

function wav(rate: number, seconds: number, channels = 1): Buffer {
  const data = Buffer.alloc(Math.min(2 * channels * rate * seconds, 2e6), 1);
  const head = Buffer.alloc(44);
  head.write('RIFF', 0);
  head.writeUInt32LE(36 + data.length, 4);
  head.write('WAVEfmt ', 8);
  head.writeUInt32LE(16, 16);
  head.writeUInt16LE(1, 20);
  head.writeUInt16LE(channels, 22);
  head.writeUInt32LE(rate, 24);
  head.writeUInt32LE(2 * rate * channels, 28);
  head.writeUInt16LE(2 * channels, 32);
  head.writeUInt16LE(16, 34);
  head.write('data', 36);
  head.writeUInt32LE(data.length, 40);
  return Buffer.concat([head, data]);
}

const picture = (size: string, seconds: number, rate = 25) => [
  '-f',
  'lavfi',
  '-i',
  `color=gray:s=${size}:r=${rate}:d=${seconds}`,
];
const tone = (seconds: number) => ['-f', 'lavfi', '-i', `sine=d=${seconds}`];
const x264 = ['-c:v', 'libx264', '-preset', 'ultrafast'];

/** Later times in a Matroska file: a packet far from the one before. */
const gap = (seconds: number) => [
  ...picture('64x48', 2),
  ...tone(2),
  '-filter_complex',
  `[0:v]setpts='if(lt(N,25),PTS,PTS+${seconds}/TB)'[v];[1:a]asetpts='if(lt(N,20),PTS,PTS+${seconds}*SR)'[a]`,
  ...['-map', '[v]', '-map', '[a]', '-fps_mode', 'passthrough', '-c:v', 'mjpeg', '-c:a', 'pcm_s16le'],
];

const bombs: Record<string, () => void> = {
  'stts of 89 million.mov': () => claim('stts', 'stts of 89 million.mov', 0),
  'stsz of 89 million.mov': () => claim('stsz', 'stsz of 89 million.mov', 1),
  'stsc of 89 million.mov': () => claim('stsc', 'stsc of 89 million.mov', 2),
  'stco of 89 million.mov': () => claim('stco', 'stco of 89 million.mov', 3),
  'one stts entry of 89 million samples.mov': () => {
    plain();
    patched('plain.mov', 'one stts entry of 89 million samples.mov', (bytes) => {
      bytes.writeUInt32BE(89e6, box(bytes, 'stts') + 8);
      const sizes = box(bytes, 'stsz');
      bytes.writeUInt32BE(1, sizes + 4);
      bytes.writeUInt32BE(89e6, sizes + 8);
      bytes.writeUInt32BE(89e6, box(bytes, 'stsc') + 12);
    });
  },
  '4096 444 10 bits.mp4': () =>
    ffmpeg(...picture('4096x4096', 2, 10), ...x264, '-pix_fmt', 'yuv444p10le', '4096 444 10 bits.mp4'),
  '8192 gray.mp4': () =>
    ffmpeg(...picture('8192x8192', 1, 5), ...x264, '-pix_fmt', 'yuv420p', '8192 gray.mp4'),
  '8192 png.mov': () =>
    ffmpeg(...picture('8192x8192', 1, 4), '-c:v', 'png', '-pix_fmt', 'rgb48be', '8192 png.mov'),
  '16384 by 64.mkv': () => ffmpeg(...picture('16384x64', 4), ...x264, '16384 by 64.mkv'),
  '64 by 16384.mkv': () => ffmpeg(...picture('64x16384', 4), ...x264, '64 by 16384.mkv'),
  '1 Hz.wav': () => writeFileSync(path('1 Hz.wav'), wav(1, 500_000)),
  '100 Hz.wav': () => writeFileSync(path('100 Hz.wav'), wav(100, 5000)),
  '1000 Hz.wav': () => writeFileSync(path('1000 Hz.wav'), wav(1000, 1000)),
  'a rate of four billion.wav': () => {
    writeFileSync(path('a.wav'), wav(8000, 2));
    patched('a.wav', 'a rate of four billion.wav', (bytes) => bytes.writeUInt32LE(4e9, 24));
  },
  '64 channels.wav': () => writeFileSync(path('64 channels.wav'), wav(44_100, 1, 64)),
  'gap of an hour.mkv': () => ffmpeg(...gap(3600), 'gap of an hour.mkv'),
  'gap of a day.mkv': () => ffmpeg(...gap(86_400), 'gap of a day.mkv'),
  'gap of ten days.mkv': () => ffmpeg(...gap(864_000), 'gap of ten days.mkv'),
  'gap of an hour, live.mkv': () =>
    ffmpeg(...gap(3600), '-live', '1', '-f', 'matroska', 'gap of an hour, live.mkv'),
  'sound long before the picture.mkv': () =>
    ffmpeg(
      '-f',
      'lavfi',
      '-i',
      'anullsrc=r=48000:d=7200',
      ...picture('64x48', 1),
      '-filter_complex',
      "[1:v]setpts='PTS+7100/TB'[v]",
      '-map',
      '[v]',
      '-map',
      '0:a',
      '-c:v',
      'mjpeg',
      '-c:a',
      'flac',
      'sound long before the picture.mkv',
    ),
  'a thousand frames a second.mkv': () =>
    ffmpeg(
      ...picture('64x48', 20, 1000),
      '-c:v',
      'mjpeg',
      '-time_base',
      '1/1000',
      'a thousand frames a second.mkv',
    ),
  'two hours of nothing.mp4': () => ffmpeg(...picture('32x32', 7200, 1), ...x264, 'two hours of nothing.mp4'),
  'nested boxes.mp4': () => {
    let inner = Buffer.alloc(0);
    for (let depth = 0; depth < 20_000; depth++) {
      const head = Buffer.alloc(8);
      head.writeUInt32BE(Math.min(inner.length + 8, 2 ** 31));
      head.write('moov', 4);
      inner = Buffer.concat([head, inner]);
    }
    writeFileSync(path('nested boxes.mp4'), inner);
  },
};

function plain(): void {
  if (!existsSync(path('plain.mov'))) ffmpeg(...picture('64x48', 1), ...x264, 'plain.mov');
}

/** A table that says it has 89 million entries, and a chunk that is large enough to hold them. */
function claim(table: string, name: string, _order: number): void {
  plain();
  patched('plain.mov', name, (bytes) => {
    const at = box(bytes, table);
    const count = table === 'stsz' ? at + 8 : at + 4;
    bytes.writeUInt32BE(89e6, count);
    bytes.writeUInt32BE(0x7fffffff, at - 8);
  });
}

const status = (pid: number, key: string) => {
  try {
    return (
      Number(new RegExp(`${key}:\\s+(\\d+)`).exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1] ?? 0) /
      1000
    );
  } catch {
    return 0;
  }
};

/** Processor seconds of a process so far. */
function processorSeconds(pid: number): number {
  try {
    const text = readFileSync(`/proc/${pid}/stat`, 'utf8');
    const fields = text.slice(text.lastIndexOf(')') + 2).split(' ');
    return (Number(fields[11]) + Number(fields[12])) / 100;
  } catch {
    return 0;
  }
}

const declared = (name: string) => {
  try {
    const given = ['-v', 'error', '-show_entries', 'format=duration', '-of', 'csv=p=0', path(name)];
    return Math.min(
      Number(execFileSync('ffprobe', given, { timeout: 20_000, stdio: ['ignore', 'pipe', 'ignore'] })) || 0,
      172_800,
    );
  } catch {
    return 0;
  }
};

/** Prepares a film for training. */
const preparation = `
  import { ClipCache } from ${JSON.stringify(new URL('../dist/clips/index.js', import.meta.url).href)};
  import { preprocessingFor } from ${JSON.stringify(new URL('../dist/streams/index.js', import.meta.url).href)};
  const [, film, folder] = process.argv;
  await new ClipCache(folder, preprocessingFor('compact')).prepare([{ path: film }]);`;

const rows = [];
const only = process.argv
  .find((option) => option.startsWith('--only='))
  ?.slice('--only='.length)
  .split(',');
for (const [name, make] of Object.entries(bombs)) {
  if (only && !only.some((part) => name.includes(part))) continue;
  make();
  const kilobytes = Math.ceil(statSync(path(name)).size / 1000);
  const seconds = declared(name);
  for (const way of ['node-av', 'ffmpeg', ...(name.startsWith('gap') ? ['prepare'] : [])]) {
    const { environment, mark: ours } = mark();
    const start = performance.now();
    const given = ['--preset', 'compact', '--streams', 'rgb,sound', '-y', '--out', path('out')];
    const task =
      way === 'prepare'
        ? ['--input-type=module', '-e', preparation, path(name), path('clips')]
        : [main, 'analyze', path(name), '--decoder', way, ...given];
    const analysis = spawn(process.execPath, task, {
      env: environment,
      stdio: ['ignore', 'ignore', 'pipe'],
    });
    let said = '';
    analysis.stderr.setEncoding('utf8').on('data', (text) => {
      said += text;
    });
    let running = true;
    const exit = new Promise<number | string | null>((resolve) =>
      analysis.once('close', (code, signal) => {
        running = false;
        resolve(signal ?? code);
      }),
    );
    let [ownPeak, childPeak] = [0, 0];
    const used = new Map<number, number>();
    while (running) {
      for (const pid of marked(ours)) {
        const peak = status(pid, 'VmHWM');
        if (pid === analysis.pid) ownPeak = Math.max(ownPeak, peak);
        else childPeak = Math.max(childPeak, peak);
        used.set(pid, processorSeconds(pid));
      }
      if ((performance.now() - start) / 1000 > 2 * allowed(seconds)) analysis.kill('SIGTERM');
      await sleep(50);
    }
    const cpu = [...used.values()].reduce((sum, value) => sum + value, 0);
    rows.push({
      bomb: name,
      by: way,
      kB: kilobytes,
      'declared, s': Math.round(seconds),
      'child, MB': Math.round(childPeak),
      'main, MB': Math.round(ownPeak),
      'CPU, s': Number(cpu.toFixed(1)),
      'wall, s': Number(((performance.now() - start) / 1000).toFixed(1)),
      over: [
        childPeak > childMegabytes ? 'child' : '',
        ownPeak > mainMegabytes ? 'main' : '',
        cpu > allowed(seconds) ? 'time' : '',
      ]
        .join(' ')
        .trim(),
      exit: await exit,
      said: said.trim().split('\n').at(-1)?.replace(path(name), '…').slice(0, 90),
    });
    console.error(JSON.stringify(rows.at(-1)));
  }
}
rmSync(folder, { recursive: true });
console.log(
  `child ≤ ${childMegabytes} MB, main ≤ ${mainMegabytes} MB, CPU ≤ 60 s + 20 × declared · ${describeMachine()}`,
);
console.table(rows);
