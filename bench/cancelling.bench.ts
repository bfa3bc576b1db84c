// Cancels an analysis at 200 random moments, by signals and by death, and looks for what is left of it. Needs /proc.
import { spawn } from 'node:child_process';
import { existsSync, mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { openAnalyzer } from '../src/analysis/node/index.ts';
import { describeMachine } from '../src/support/machine.ts';
import { Random } from '../src/support/random.ts';
import { allGone, mark } from './processes.ts';

const moments = process.argv.includes('--few') ? 20 : 200;
const longestSeconds = 2;
const sample = fileURLToPath(new URL('../samples/sample.mp4', import.meta.url));
const main = fileURLToPath(new URL('../dist/cli/main.js', import.meta.url));
const folder = mkdtempSync(join(tmpdir(), 'affectline-bench-'));
const random = Random.seeded(200);
const how = ['SIGINT', 'SIGTERM', 'SIGHUP', 'SIGKILL', 'library'] as const;
const codes = { SIGINT: 130, SIGTERM: 143, SIGHUP: 129, SIGKILL: null };
type Row = { unsettled: number; orphans: number; silent: number; late: number; 'worst, s': number };
const rows: Record<string, Row & { moments: number }> = {};

/** Seconds until all is gone, and what went wrong on the way. */
interface Outcome {
  seconds: number;
  unsettled: boolean;
  orphans: boolean;
  silent: boolean;
}

async function byCommand(
  signal: keyof typeof codes,
  decoder: string,
  milliseconds: number,
): Promise<Outcome> {
  const { environment, mark: ours } = mark();
  const given = [
    'analyze',
    sample,
    '--preset',
    'compact',
    '--decoder',
    decoder,
    '--out',
    join(folder, 'out'),
  ];
  const child = spawn(process.execPath, [main, ...given], {
    env: environment,
    stdio: ['ignore', 'ignore', 'pipe'],
  });
  let said = '';
  child.stderr.setEncoding('utf8').on('data', (text) => {
    said += text;
  });
  const exit = new Promise<string | number | null>((resolve) =>
    child.once('exit', (code, by) => resolve(by ?? code)),
  );
  await sleep(milliseconds);
  child.kill(signal);
  const start = performance.now();
  const ended = await Promise.race([exit, sleep(10_000, 'never')]);
  const { left } = await allGone(ours);
  const seconds = (performance.now() - start) / 1000;
  const known = ended === signal || (ended === codes[signal] && said !== '');
  for (const pid of left) process.kill(pid, 'SIGKILL');
  return {
    seconds,
    unsettled: ended === 'never',
    orphans: left.length > 0,
    silent: !known && ended !== 'never',
  };
}

async function byLibrary(decoder: 'node-av' | 'ffmpeg', milliseconds: number): Promise<Outcome> {
  const { environment, mark: ours } = mark();
  const before = { ...process.env };
  Object.assign(process.env, environment);
  const controller = new AbortController();
  const analyzer = await openAnalyzer({ preset: 'compact' });
  const settled = analyzer.analyze(sample, { signal: controller.signal, decoder }).then(
    () => 'done' as const,
    (error) => error,
  );
  await sleep(milliseconds);
  const reason = new Error('stopped');
  controller.abort(reason);
  const start = performance.now();
  const result = await Promise.race([settled, sleep(10_000, 'never' as const)]);
  await analyzer.close();
  // this process itself was started before the mark, and carries none
  const { left } = await allGone(ours);
  process.env = before;
  return {
    seconds: (performance.now() - start) / 1000,
    unsettled: result === 'never',
    orphans: left.length > 0,
    silent: result !== reason && result !== 'never',
  };
}

for (let i = 0; i < moments; i++) {
  const name = how[i % how.length]!;
  const decoder = Math.floor(i / how.length) % 2 === 0 ? 'node-av' : 'ffmpeg';
  // half of them while everything starts
  const milliseconds = random.uniform() < 0.5 ? 1000 * random.uniform() : 5000 * random.uniform();
  const outcome = await (name === 'library'
    ? byLibrary(decoder, milliseconds)
    : byCommand(name, decoder, milliseconds));
  rows[name] ??= { moments: 0, unsettled: 0, orphans: 0, silent: 0, late: 0, 'worst, s': 0 };
  const row = rows[name];
  row.moments++;
  row.unsettled += Number(outcome.unsettled);
  row.orphans += Number(outcome.orphans);
  row.silent += Number(outcome.silent);
  row.late += Number(outcome.seconds > longestSeconds);
  row['worst, s'] = Math.max(row['worst, s'], Number(outcome.seconds.toFixed(2)));
}
const written = existsSync(join(folder, 'out')) ? readdirSync(join(folder, 'out')) : [];
rmSync(folder, { recursive: true });
console.log(`${moments} cancellations, goal 0 each · ${describeMachine()}`);
console.table(rows);
console.log(`half-written files: ${written.filter((name) => name.endsWith('.tmp')).length}`);
