// How well shots are found in films that are joined here from pieces of real films and moves over real photographs, so
// that every boundary is known; beside PySceneDetect's content detector on the same films, written as mp4 without loss
// that matters. Needs Debian's opencv-doc and forensics-samples-files; for the rival a Python with `scenedetect` and
// `opencv`, named in AFFECTLINE_PYTHON. Goals: F1 of hard cuts ≥ .95, of fades ≥ .80.
import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { writeFilm } from '../src/media/index.ts';
import { ShotDetector } from '../src/shots/index.ts';
import { describeMachine } from '../src/support/machine.ts';
import {
  type Found,
  f1,
  frameRate,
  height,
  type JoinedFilm,
  joinedFilm,
  materialsOfDebian,
  score,
  width,
} from './joined-film.ts';

const python = process.env.AFFECTLINE_PYTHON;
const folder = mkdtempSync(join(tmpdir(), 'affectline-shots-'));
const materials = await materialsOfDebian();
const films = Array.from({ length: 8 }, (_, seed) => joinedFilm(materials, seed + 1, 40));
const found: Record<string, Found[][]> = {
  'PySceneDetect, content': [],
  'PySceneDetect, adaptive': [],
  'RGB of every frame': [],
  'gray of every frame': [],
  'RGB of every tenth': [],
};
let seconds = 0;
try {
  for (const [index, film] of films.entries()) {
    const begun = performance.now();
    found['RGB of every frame']!.push(detected(film, 1, false));
    seconds += (performance.now() - begun) / 1000;
    found['gray of every frame']!.push(detected(film, 1, true));
    found['RGB of every tenth']!.push(detected(film, 10, false));
    if (python === undefined) continue;
    const path = join(folder, `${index}.mp4`);
    await writeFilm(path, { width, height, frameRate, frames: film.frames });
    for (const [name, detector] of [
      ['PySceneDetect, content', 'ContentDetector()'],
      ['PySceneDetect, adaptive', 'AdaptiveDetector()'],
    ] as const)
      found[name]!.push(rival(path, detector));
  }
  const frames = films.reduce((sum, film) => sum + film.frames.length, 0);
  console.log(describeMachine());
  console.log(
    `${films.length} films, ${frames} frames of ${width}×${height}; ${(frames / seconds).toFixed(0)} frames/s`,
  );
  console.log(
    ['F1 (missed, wrong)', 'hard cuts', 'fades', 'dissolves'].map((text) => text.padEnd(26)).join(''),
  );
  for (const [name, finds] of Object.entries(found).filter(([, finds]) => finds.length > 0)) {
    const slack = name.includes('tenth') ? 10 : 2;
    const gradual = name.startsWith('PyScene')
      ? []
      : [total(finds, 'fade', slack + 5), total(finds, 'dissolve', slack + 5)];
    console.log([name, total(finds, 'cut', slack), ...gradual].map((text) => text.padEnd(26)).join(''));
  }
  console.log(['goals', '≥ 0.95', '≥ 0.80'].map((text) => text.padEnd(26)).join(''));
} finally {
  rmSync(folder, { recursive: true });
}

function detected({ frames }: JoinedFilm, every: number, gray: boolean): Found[] {
  const detector = new ShotDetector();
  for (let index = 0; index < frames.length; index += every) {
    const pixels = gray ? luma(frames[index]!) : frames[index]!;
    detector.push({ time: index / frameRate, width, height, pixels });
  }
  const shots = detector.end(frames.length / frameRate);
  return shots.slice(1).map(({ from, begins }) => ({ kind: begins, at: Math.round(from * frameRate) }));
}

function luma(rgb: Uint8Array): Uint8Array {
  const gray = new Uint8Array(rgb.length / 3);
  for (let index = 0; index < gray.length; index++)
    gray[index] = 0.299 * rgb[3 * index]! + 0.587 * rgb[3 * index + 1]! + 0.114 * rgb[3 * index + 2]!;
  return gray;
}

/** The cuts that PySceneDetect finds; it does not say of which kind, so those within gradual changes are left out. */
function rival(path: string, detector: string): Found[] {
  const program = `
import sys
from scenedetect import detect, ContentDetector, AdaptiveDetector
print(*[scene[0].get_frames() for scene in detect(sys.argv[1], ${detector})][1:])`;
  const output = execFileSync(python!, ['-c', program, path], {
    encoding: 'utf8',
    stdio: ['ignore', 'pipe', 'ignore'],
  });
  const { joins } = films[Number(/(\d+)\.mp4$/.exec(path)![1])]!;
  return output
    .split(/\s+/)
    .filter(Boolean)
    .map((frame) => ({ kind: 'cut', at: Number(frame) }))
    .filter(({ at }) => joins.every(({ kind, from, to }) => kind === 'cut' || at < from - 5 || at > to + 5));
}

function total(finds: Found[][], kind: 'cut' | 'fade' | 'dissolve', slack: number): string {
  const scores = finds.map((found, index) => score(films[index]!.joins, found, kind, slack));
  const sum = (key: 'missed' | 'wrong') => scores.reduce((all, one) => all + one[key], 0);
  return `${f1(scores).toFixed(3)} (${sum('missed')}, ${sum('wrong')})`;
}
