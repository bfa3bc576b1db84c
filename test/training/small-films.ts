import { execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const program = fileURLToPath(new URL('../../dist/cli/main.js', import.meta.url));

/** Renders 0.6 s of a test picture, the lighter and the higher in pitch the larger its number. */
export function renderSmallFilm(path: string, number: number): void {
  const picture = `testsrc2=size=192x128:rate=25:duration=0.6,eq=brightness=${0.02 * number - 0.3}`;
  const sound = `sine=frequency=${200 + 60 * number}:duration=0.6`;
  const input = ['-f', 'lavfi', '-i', picture, '-f', 'lavfi', '-i', sound];
  execFileSync('ffmpeg', ['-v', 'error', ...input, '-pix_fmt', 'yuv420p', path]);
}

/** So many small films with labels in `data`, and in `small.yaml` a training of them that takes seconds an epoch. */
export function renderSmallDataSet(root: string, films: number, epochs: number): void {
  mkdirSync(join(root, 'data'));
  const rows = Array.from({ length: films }, (_, i) => {
    renderSmallFilm(join(root, 'data', `${i}.mp4`), 0.6 * i);
    return `${i}.mp4,${(2 + 0.1 * i).toFixed(2)},${4 - 0.3 * ((i * 3) % 7)},film ${i}`;
  });
  writeFileSync(join(root, 'data/labels.csv'), `path,valence,arousal,film\n${rows.join('\n')}\n`);
  writeFileSync(join(root, 'data/SYNTHETIC.md'), 'Test pictures.');
  writeFileSync(
    join(root, 'small.yaml'),
    `preset: compact\nepochs: ${epochs}\nbatchSize: 4\nsegments: 1\nflowFields: 1\nflowViews: 2\nevaluationSegments: 1\nsoundSeconds: 1\n` +
      'train: { sound: trained }\nbatchNorm: batch\n',
  );
}

/**
 * A module for `node --import` that lets Node take itself to be on a machine of another name. Seconds since it started run
 * six times as fast there: who waits for a dead machine waits 15 s for what are 90 s, and signs of life still come thrice.
 */
export function asOnMachine(host: string): string {
  const text = `import os from 'node:os'; import { syncBuiltinESMExports } from 'node:module';
    os.hostname = () => '${host}'; syncBuiltinESMExports();
    const now = performance.now.bind(performance); performance.now = () => 6 * now();`;
  return `data:text/javascript,${encodeURIComponent(text)}`;
}

/** Begins `affectline` with a command and its options; what it finds in its environment besides is given. */
export function beginProgram(
  given: readonly string[],
  environment: Readonly<Record<string, string>> = {},
  host?: string,
) {
  const imported = host === undefined ? [] : ['--import', asOnMachine(host)];
  return spawn(process.execPath, [...imported, program, ...given], {
    env: { ...process.env, ...environment },
  });
}

/** Runs `affectline reproduce`; where `stopAt` appears on stderr it is sent SIGINT. */
export async function runReproduce(
  given: readonly string[],
  { stopAt, environment }: { stopAt?: string | undefined; environment?: Record<string, string> } = {},
) {
  const child = beginProgram(['reproduce', ...given], environment);
  const said = { stdout: '', stderr: '' };
  let stopped = false;
  child.stdout.on('data', (part) => {
    said.stdout += part;
  });
  child.stderr.on('data', (part) => {
    said.stderr += part;
    // once: a second signal ends the program at once
    if (stopAt && !stopped && said.stderr.includes(stopAt)) stopped = child.kill('SIGINT');
  });
  const [code] = await once(child, 'close');
  return { code: code as number | null, ...said };
}
