// Whether the model moves the right way when real clips are changed: each law on each clip. `--model=FOLDER` names another.
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { openAnalyzer } from '../src/analysis/node/index.ts';
import { describeMachine } from '../src/support/machine.ts';
import { ffmpeg, lossless, type RealClip, realClips } from './real-clips.ts';

const model = process.argv.find((argument) => argument.startsWith('--model='))?.slice('--model='.length);

/** Two versions of a clip, of which the second is to make people feel more. */
interface Law {
  name: string;
  more: 'valence' | 'arousal';
  needsSound?: boolean;
  less: (clip: RealClip, out: string) => void;
  greater: (clip: RealClip, out: string) => void;
}

const filtered =
  (...filters: string[]) =>
  ({ path }: RealClip, out: string) =>
    ffmpeg('-i', path, ...filters, ...lossless, out);
const same = filtered();
const shaken = (pixels: number) =>
  filtered(
    '-vf',
    `crop=iw*0.88:ih*0.88:'(iw-ow)/2*(1+${pixels}*sin(t*31))':'(ih-oh)/2*(1+${pixels}*sin(t*43))'`,
  );
/** Every shot lasts so many seconds: pieces of the clip and of its mirror image, turned upside down. */
const cut =
  (seconds: number) =>
  ({ path }: RealClip, out: string) =>
    ffmpeg(
      ...['-i', path, '-filter_complex'],
      `[0:v]split[a][b];[b]hflip,vflip,hue=h=120[c];[a][c]overlay=enable='mod(floor(t/${seconds}),2)'[v]`,
      ...['-map', '[v]', '-map', '0:a?', ...lossless, out],
    );
/** The clip with chords in place of its sound. */
const chords =
  (...semitones: number[]) =>
  ({ path }: RealClip, out: string) =>
    ffmpeg(
      ...['-i', path, '-f', 'lavfi', '-i'],
      `aevalsrc='0.1*(${semitones
        .flatMap((semitone) =>
          [1, 2, 3, 4].map((k) => `sin(2*PI*${(196 * 2 ** (semitone / 12) * k).toFixed(2)}*t)/${k ** 1.6}`),
        )
        .join('+')})*(0.4+0.6*exp(-4*mod(t,0.6)))':d=8`,
      ...['-map', '0:v', '-map', '1:a', '-shortest', ...lossless, out],
    );

const laws: Law[] = [
  {
    name: 'faster',
    more: 'arousal',
    less: same,
    greater: filtered('-vf', 'setpts=PTS/2', '-af', 'atempo=1'),
  },
  { name: 'slower', more: 'arousal', less: filtered('-vf', 'setpts=PTS*2.5'), greater: same },
  {
    name: 'moving, not frozen',
    more: 'arousal',
    less: filtered('-vf', 'loop=loop=-1:size=1,fps=25,trim=duration=8'),
    greater: same,
  },
  { name: 'shakier', more: 'arousal', less: shaken(0), greater: shaken(0.5) },
  { name: 'more cuts', more: 'arousal', less: cut(4), greater: cut(0.8) },
  {
    name: 'more saturated',
    more: 'arousal',
    less: filtered('-vf', 'eq=saturation=0.4'),
    greater: filtered('-vf', 'eq=saturation=1.8'),
  },
  {
    name: 'more saturated',
    more: 'valence',
    less: filtered('-vf', 'eq=saturation=0.4'),
    greater: filtered('-vf', 'eq=saturation=1.8'),
  },
  {
    name: 'brighter',
    more: 'valence',
    less: filtered('-vf', 'eq=brightness=-0.15'),
    greater: filtered('-vf', 'eq=brightness=0.15'),
  },
  {
    name: 'darker',
    more: 'arousal',
    less: filtered('-vf', 'eq=brightness=0.15'),
    greater: filtered('-vf', 'eq=brightness=-0.15'),
  },
  {
    name: 'consonant',
    more: 'valence',
    less: chords(0, 1, 6, 8),
    greater: chords(0, 4, 7),
  },
  { name: 'major', more: 'valence', less: chords(0, 3, 7), greater: chords(0, 4, 7) },
];

const folder = mkdtempSync(join(tmpdir(), 'affectline-directions-'));
const analyzer = await openAnalyzer(model ? { model } : {});
try {
  const clips = realClips(folder);
  const affectOf = async (make: Law['less'], clip: RealClip) => {
    const path = join(folder, 'version.mkv');
    make(clip, path);
    return (await analyzer.analyze(path)).clip;
  };
  console.log(`${describeMachine()}; ${clips.length} real clips; goal: right in ≥ 95%\n`);
  let [right, all] = [0, 0];
  const report = (name: string, more: string, changes: readonly number[]) => {
    const up = changes.filter((change) => change > 0).length;
    right += up;
    all += changes.length;
    const list = changes.map((change) => change.toFixed(3).padStart(8)).join('');
    console.log(`${name.padEnd(24)}${more.padEnd(10)}${`${up} of ${changes.length}`.padStart(8)}   ${list}`);
  };
  for (const { name, more, less, greater, needsSound } of laws) {
    const changes: number[] = [];
    for (const clip of clips)
      if (!needsSound || clip.hasSound)
        changes.push((await affectOf(greater, clip))[more] - (await affectOf(less, clip))[more]);
    report(name, more, changes);
  }
  // within a film: the second half 12 dB louder than the first, and the other way round
  const louder: number[] = [];
  for (const clip of clips.filter(({ hasSound }) => hasSound)) {
    for (const [first, second] of [
      [0, 12],
      [12, 0],
    ] as const) {
      const path = join(folder, 'version.mkv');
      // each half as long as the window of a point of the curve nearly is, however short the clip
      const half = ['-stream_loop', '-1', '-t', '8', '-i', clip.path];
      ffmpeg(
        ...[...half, ...half, '-filter_complex'],
        `[0:a]volume=${first - 12}dB[a];[1:a]volume=${second - 12}dB[b];[0:v][a][1:v][b]concat=n=2:v=1:a=1[v][s]`,
        ...['-map', '[v]', '-map', '[s]', ...lossless, path],
      );
      const { curve, duration } = await analyzer.analyze(path);
      const mean = (from: number, to: number) => {
        const points = curve.filter(({ time }) => time >= from && time < to);
        return points.reduce((sum, { arousal }) => sum + arousal / points.length, 0);
      };
      const [early, late] = [mean(0, duration / 3), mean((2 * duration) / 3, duration)];
      louder.push(second > first ? late - early : early - late);
    }
  }
  report('louder in the film', 'arousal', louder);
  console.log(`\nright: ${right} of ${all}, ${((100 * right) / all).toFixed(0)}%`);
} finally {
  await analyzer.close();
  rmSync(folder, { recursive: true });
}
