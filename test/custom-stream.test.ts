import { execFileSync, spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, expect, test } from 'vitest';
import { requirement } from '../src/support/testing.ts';

const hasFfmpeg = requirement('ffmpeg', () => spawnSync('ffmpeg', ['-version']).status === 0);
const folder = mkdtempSync(join(tmpdir(), 'affectline-custom-'));
afterAll(() => rmSync(folder, { recursive: true }));
const example = fileURLToPath(new URL('../examples/custom-stream/mean-color.mjs', import.meta.url));

function makeFilm(name: string, color: string): string {
  const path = join(folder, 'data', `${name}.mp4`);
  const source = `color=c=${color}:size=160x128:rate=25:duration=0.8`;
  execFileSync('ffmpeg', ['-v', 'error', '-f', 'lavfi', '-i', source, '-pix_fmt', 'yuv420p', path]);
  return path;
}

test.skipIf(!hasFfmpeg)(
  'the example adds a stream in one file, trains with it and analyzes with it (needs ffmpeg)',
  () => {
    expect(readFileSync(example, 'utf8').split('\n').length).toBeLessThanOrEqual(120);
    mkdirSync(join(folder, 'data'));
    // the redder a clip, the more it excites; the greener, the more it pleases
    const levels = [0x20, 0x60, 0xa0, 0xe0];
    const rows = levels.flatMap((red, i) =>
      levels.map((green, k) => {
        const name = `${red}-${green}`;
        makeFilm(name, `0x${red.toString(16)}${green.toString(16)}40`);
        const set = (i + k) % 3 === 0 ? 'validation' : 'train';
        return `${name}.mp4,${1.5 + k},${1.5 + i},${name},${set}`;
      }),
    );
    writeFileSync(
      join(folder, 'data', 'labels.csv'),
      `path,valence,arousal,film,set\n${rows.join('\n')}\n224-224.mp4,4.5,4.5,test,test\n`.replace(
        /\n224-224\.mp4,4\.5,4\.5,224-224,\w+/,
        '',
      ),
    );
    const film = makeFilm('new', '0xe02040');
    const output = execFileSync(
      process.execPath,
      [example, join(folder, 'data'), film, join(folder, 'run')],
      { encoding: 'utf8' },
    );
    const result = JSON.parse(output);
    expect(result.streams).toEqual(['mean-color']);
    // a share of the labels' variance: what is learned is the color
    expect(result.validationError).toBeLessThan(0.15);
    expect(Math.abs(result.clip.valence - 1.5)).toBeLessThan(0.6);
    expect(Math.abs(result.clip.arousal - 4.5)).toBeLessThan(0.6);
  },
  120_000,
);
