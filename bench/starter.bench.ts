// The starter model's curves over whole synthetic films that it was not trained on, beside what the films are rendered from.
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { AffectPoint, FilmAffect } from '../src/affect/index.ts';
import { metricsOf } from '../src/affect/index.ts';
import { openAnalyzer } from '../src/analysis/node/index.ts';
import { dimensions } from '../src/evaluation/index.ts';
import { writeFilm } from '../src/media/index.ts';
import { describeMachine } from '../src/support/machine.ts';
import { planFilm, renderFilm, type SyntheticFilm } from '../src/synthesis/index.ts';

// the training set is seed 1
const [seed, films, seconds] = [2018, 8, 90];
type Dimension = (typeof dimensions)[number];

/** The mean over the ten seconds that a point of the curve stands for. */
function truth(film: SyntheticFilm, time: number, dimension: Dimension): number {
  const moments = Array.from({ length: 41 }, (_, i) => time - 5 + i / 4).filter(
    (t) => t >= 0 && t <= seconds,
  );
  return moments.reduce((sum, moment) => sum + film.affectAt(moment)[dimension], 0) / moments.length;
}

const row = (name: string, { curve }: Pick<FilmAffect, 'curve'>, expected: Record<Dimension, number[]>) =>
  name.padEnd(12) +
  dimensions
    .map((dimension) => {
      const predicted = curve.map((point) => point[dimension]);
      const { r, mse } = metricsOf(predicted, expected[dimension]);
      return `${r.toFixed(2).padStart(12)}${Math.sqrt(mse).toFixed(2).padStart(8)}`;
    })
    .join('');

const folder = mkdtempSync(join(tmpdir(), 'affectline-starter-'));
const analyzer = await openAnalyzer();
try {
  console.log(`${describeMachine()}; ${films} films of ${seconds} s; goal: r ≥ .80 valence, ≥ .85 arousal\n`);
  console.log(`${''.padEnd(12)}   valence r   error   arousal r   error`);
  const all = {
    curve: [] as AffectPoint[],
    expected: { valence: [], arousal: [] } as Record<Dimension, number[]>,
  };
  for (let i = 0; i < films; i++) {
    const film = planFilm(seed, i, seconds);
    const path = join(folder, `${i}.mp4`);
    await writeFilm(path, renderFilm(film));
    const { curve } = await analyzer.analyze(path);
    const [valence, arousal] = dimensions.map((of) => curve.map(({ time }) => truth(film, time, of)));
    const expected = { valence: valence!, arousal: arousal! };
    console.log(row(`film ${i + 1}`, { curve }, expected));
    all.curve.push(...curve);
    for (const of of dimensions) all.expected[of].push(...expected[of]);
  }
  console.log(row('all films', all, all.expected));
} finally {
  await analyzer.close();
  rmSync(folder, { recursive: true });
}
