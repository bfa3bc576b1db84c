// Which films a model marks as unlike all that it was trained on: screens of one color and noise, which must be, and films of
// the training's kind that it never saw, which must not be. `--model=FOLDER` names another.
import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { openAnalyzer } from '../src/analysis/node/index.ts';
import { writeFilm } from '../src/media/index.ts';
import { describeMachine } from '../src/support/machine.ts';
import { planFilm, renderFilm } from '../src/synthesis/index.ts';

const model = process.argv.find((argument) => argument.startsWith('--model='))?.slice('--model='.length);
const size = 's=320x180:r=25:d=8';
const screens = [
  ...['black', 'white', 'gray', 'red', 'lime', 'blue', 'yellow'].map((color) => `color=${color}:${size}`),
  `color=gray:${size},noise=alls=100:allf=t`,
  `color=black:${size},noise=alls=60:allf=t`,
];
const sounds = [[], ['-f', 'lavfi', '-i', 'sine=440:d=8']];
// the training set is seed 1
const [seed, films, seconds] = [2018, 40, 10];

const folder = mkdtempSync(join(tmpdir(), 'affectline-unknown-'));
const analyzer = await openAnalyzer(model ? { model } : {});
/** What is unlike the training, as codes; none where the film is marked in no way. */
const unknownIn = async (path: string) => {
  const { unknown } = await analyzer.analyze(path);
  return [...new Set(unknown.map(({ code }) => code))];
};
try {
  console.log(describeMachine());
  let flagged = 0;
  for (const screen of screens)
    for (const [i, sound] of sounds.entries()) {
      const path = join(folder, 'screen.mkv');
      const coding = ['-c:v', 'libx264', '-crf', '12', '-threads', '1', '-pix_fmt', 'yuv420p', '-y', path];
      execFileSync('ffmpeg', ['-v', 'error', '-f', 'lavfi', '-i', screen, ...sound, ...coding]);
      const codes = await unknownIn(path);
      if (codes.length > 0) flagged++;
      console.log(
        `${`${screen.split(':')[0]}${i ? ' with a tone' : ''}`.padEnd(44)}${codes.join(' ') || '–'}`,
      );
    }
  console.log(`screens marked: ${flagged} of ${screens.length * sounds.length}; goal ≥ 95%\n`);
  let [marked, passages] = [0, 0];
  for (let i = 0; i < films; i++) {
    const path = join(folder, 'film.mp4');
    const film = planFilm(seed, i, seconds);
    await writeFilm(path, renderFilm(film));
    const codes = await unknownIn(path);
    if (codes.length > 0) marked++;
    passages += codes.length;
    if (codes.length > 0) console.log(`film ${i + 1}: ${codes.join(' ')}`);
  }
  console.log(`films of the training's kind marked: ${marked} of ${films} (${passages} reasons); goal ≤ 5%`);
} finally {
  await analyzer.close();
  rmSync(folder, { recursive: true });
}
