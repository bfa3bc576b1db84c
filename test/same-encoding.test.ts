import { createHash } from 'node:crypto';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, test } from 'vitest';
import { FilmEncoder } from '../src/media/node-av-encoding.ts';
import { planFilm, renderFilm } from '../src/synthesis/index.ts';

const folder = mkdtempSync(join(tmpdir(), 'affectline-same-encoding-'));
afterAll(() => rmSync(folder, { recursive: true }));

test('the same pictures give the same file, a hundred times over', () => {
  const { width, height, frameRate, compression = 18, frames } = renderFilm(planFilm(2, 1, 12));
  const pictures = [...(frames as Iterable<Uint8Array>)].map((rgb) => Buffer.from(rgb));
  const path = join(folder, 'film.mp4');
  const found = new Set<string>();
  for (let round = 0; round < 100; round++) {
    const encoder = new FilmEncoder({
      path,
      width,
      height,
      frameRate,
      ...{ sampleRate: 0, bitRate: 96_000, compression },
    });
    for (const picture of pictures) encoder.picture(picture);
    encoder.end();
    found.add(createHash('sha256').update(readFileSync(path)).digest('hex'));
  }
  expect(found.size).toBe(1);
});
