import { execFileSync, spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { FilmAffect } from '../../affect/index.ts';
import { requirement } from '../../support/testing.ts';
import { type Analyzer, type FilmPlaces, openAnalyzer } from './index.ts';

const hasFfmpeg = requirement('ffmpeg', () => spawnSync('ffmpeg', ['-version']).status === 0);

/** Gray noise that stands still, but for a square of it, right of the middle at the bottom, that slides up and down. */
const moving =
  'nullsrc=size=320x240:rate=25:duration=16,format=gray,geq=lum=' +
  "'if(between(X\\,200\\,260)*between(Y\\,150\\,220)\\,128+90*sin(X/3)*cos((Y+9*sin(T*9))/3)\\,110+20*sin(X/9)*cos(Y/7))'";

describe.skipIf(!hasFfmpeg)('where in the picture a value comes from (needs ffmpeg)', () => {
  let folder: string;
  let path: string;
  let analyzer: Analyzer;
  let affect: FilmAffect;
  beforeAll(async () => {
    folder = mkdtempSync(join(tmpdir(), 'affectline-places-'));
    path = join(folder, 'film.mkv');
    const sound = ['-f', 'lavfi', '-i', 'anoisesrc=color=pink:amplitude=0.3:duration=16:seed=3'];
    const codecs = ['-c:v', 'ffv1', '-pix_fmt', 'yuv420p', '-c:a', 'pcm_s16le'];
    execFileSync('ffmpeg', [
      '-v',
      'error',
      '-nostdin',
      '-f',
      'lavfi',
      '-i',
      moving,
      ...sound,
      ...codecs,
      path,
    ]);
    analyzer = await openAnalyzer();
    affect = await analyzer.analyze(path);
  }, 120_000);
  afterAll(async () => {
    await analyzer.close();
    rmSync(folder, { recursive: true });
  });

  const total = ({ constant, maps }: FilmPlaces['point'], of: 'valence' | 'arousal') =>
    maps.reduce((sum, map) => map[of].reduce((all, value) => all + value, sum), constant[of]);

  test.each([2, 7, 11])(
    'the places of the point at %i s add up to what its streams that see add',
    async (at) => {
      const places = await analyzer.places(path, affect, at);
      const { shares } = affect.curve[at]!;
      const seen = shares![Object.keys(shares!).find((streams) => streams.includes('+'))!]!;
      for (const of of ['valence', 'arousal'] as const) {
        expect(places!.point.maps.map(({ stream }) => stream).toSorted()).toEqual(['flow', 'picture']);
        expect(Math.abs(total(places!.point, of) - seen[of]), of).toBeLessThan(1e-3);
      }
    },
  );

  test('motion is found where something moves, and nowhere else', async () => {
    const places = await analyzer.places(path, affect, 8);
    const map = places!.point.maps.find(({ stream }) => stream === 'flow')!;
    const strength = map.arousal.map((value, i) => Math.hypot(value, map.valence[i]!));
    const all = strength.reduce((sum, value) => sum + value, 0);
    const center = (place: (i: number) => number) =>
      strength.reduce((sum, value, i) => sum + value * place(i), 0) / all;
    const { left, top, width, height } = places!.view;
    // a place of the map sees what is around it, too, so the middle of all is what tells
    const x = 320 * (left + width * center((i) => ((i % map.width) + 0.5) / map.width));
    const y = 240 * (top + height * center((i) => (Math.floor(i / map.width) + 0.5) / map.height));
    expect(x).toBeGreaterThan(190);
    expect(x).toBeLessThan(260);
    expect(y).toBeGreaterThan(140);
    expect(y).toBeLessThan(220);
    const strongest = Math.max(...strength);
    const far = strength.filter((_, i) => i % map.width < map.width / 3 && i < strength.length / 3);
    expect(Math.max(...far)).toBeLessThan(strongest / 4);
  });

  test('the answer of another model is refused by name', async () => {
    const other = {
      ...affect,
      model: { ...affect.model, name: 'other', contentHash: `sha256:${'0'.repeat(64)}` },
    };
    await expect(analyzer.places(path, other, 3)).rejects.toThrow(/was analyzed by another model \(other\)/);
  });
});
