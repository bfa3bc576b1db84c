import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, test } from 'vitest';
import { compareWithFfmpeg, madeFilms } from '../bench/media-corpus.ts';
import { requirement } from '../src/support/testing.ts';

/** The benchmark `media-corpus` reads all of them. */
const every = 13;

const folder = mkdtempSync(join(tmpdir(), 'affectline-corpus-'));
afterAll(() => rmSync(folder, { recursive: true }));
const ffmpegFound = requirement('ffmpeg', () => execFileSync('ffmpeg', ['-version']).length > 0);

test.skipIf(!ffmpegFound)(
  'films of many containers and codecs have the frames, the length and the loudness that ffmpeg finds (needs ffmpeg)',
  async () => {
    const films = madeFilms(folder, every);
    expect(films.length).toBeGreaterThanOrEqual(25);
    for (const { path, pair } of films) {
      for (const decoder of ['node-av', 'ffmpeg'] as const)
        expect(await compareWithFfmpeg(path, decoder), `${pair} by ${decoder}`).toEqual({
          differences: [],
          coverage: 1,
        });
    }
  },
  600_000,
);
