// The same content, stored in another way: how far the answer for the clip moves. `--model=FOLDER` names another model,
// `--only=letterbox` the changes whose names hold that.
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { openAnalyzer } from '../src/analysis/node/index.ts';
import { describeMachine } from '../src/support/machine.ts';
import { ffmpeg, lossless, realClips } from './real-clips.ts';

const option = (name: string) =>
  process.argv.find((argument) => argument.startsWith(`--${name}=`))?.slice(name.length + 3);
const model = option('model');
const only = option('only') ?? '';

const rates = [10, 12.5, 15, 24, 25, 30, 50, 60];
const rows: [name: string, goal: string, variants: readonly (readonly string[])[], needsSound?: boolean][] = [
  [
    'frame rates 10 to 60, frames dropped or doubled',
    '.015 / .05',
    rates.map((rate) => ['-vf', `fps=${rate}`]),
  ],
  [
    'letterbox and pillarbox',
    '.01',
    [
      ['-vf', 'pad=iw:ih*1.3:0:(oh-ih)/2'],
      ['-vf', 'pad=iw*1.34:ih:(ow-iw)/2:0'],
      ['-vf', 'pad=iw*1.2:ih*1.2:(ow-iw)/2:(oh-ih)/2'],
    ],
  ],
  [
    '−20, −10, −6, +6, +12 dB',
    '.05',
    [-20, -10, -6, 6, 12].map((level) => ['-af', `volume=${level}dB`]),
    true,
  ],
  ['offset of .02', '.01', [['-af', 'dcshift=0.02']], true],
  ['180 to 1080 lines', '–', [180, 360, 1080].map((lines) => ['-vf', `scale=-2:${lines}`])],
  [
    'crf 28 and 35',
    '.014',
    [
      ['-crf', '28'],
      ['-crf', '35'],
    ],
  ],
  ['mirrored', '.014', [['-vf', 'hflip']]],
  ['the first .04 s cut off', '.014', [['-ss', '0.04']]],
  [
    'AAC and MP3 of 64k',
    '.014',
    [
      ['-c:a', 'aac', '-b:a', '64k'],
      ['-c:a', 'libmp3lame', '-b:a', '64k'],
    ],
    true,
  ],
  [
    'sound later by .01, .02 and .1 s',
    '.014',
    [10, 20, 100].map((ms) => ['-af', `adelay=${ms}:all=1`]),
    true,
  ],
  // last, for it takes minutes
  ['frames interpolated to 60', '–', [['-vf', 'minterpolate=fps=60:mi_mode=mci']]],
];

const folder = mkdtempSync(join(tmpdir(), 'affectline-invariance-'));
const analyzer = await openAnalyzer(model ? { model } : {});
try {
  const clips = realClips(folder);
  const before = new Map<string, { valence: number; arousal: number }>();
  for (const { path } of clips) before.set(path, (await analyzer.analyze(path)).clip);
  console.log(describeMachine());
  for (const { name, path } of clips) {
    const { valence, arousal } = before.get(path)!;
    console.log(`${name.padEnd(36)} valence ${valence.toFixed(3)}  arousal ${arousal.toFixed(3)}`);
  }
  console.log(
    `\n${'change'.padEnd(52)}${'goal'.padStart(12)}${'arousal mean / worst'.padStart(24)}${'valence mean / worst'.padStart(24)}`,
  );
  for (const [name, goal, variants, needsSound] of rows.filter(([name]) => name.includes(only))) {
    const changes = { valence: [] as number[], arousal: [] as number[] };
    for (const { path, hasSound } of clips) {
      if (needsSound && !hasSound) continue;
      for (const variant of variants) {
        const other = join(folder, 'variant.mkv');
        ffmpeg('-i', path, ...lossless, ...variant, other);
        const { clip } = await analyzer.analyze(other);
        for (const of of ['valence', 'arousal'] as const)
          changes[of].push(Math.abs(clip[of] - before.get(path)![of]));
      }
    }
    const figures = (['arousal', 'valence'] as const).map((of) => {
      const mean = changes[of].reduce((sum, change) => sum + change, 0) / changes[of].length;
      return `${mean.toFixed(3)} / ${Math.max(...changes[of]).toFixed(3)}`.padStart(24);
    });
    console.log(name.padEnd(52) + goal.padStart(12) + figures.join(''));
  }
} finally {
  await analyzer.close();
  rmSync(folder, { recursive: true });
}
