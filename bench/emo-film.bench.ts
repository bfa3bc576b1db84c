// What the ratings of 13 short films (Emo-FilM, CC0) say of themselves, without the films: how the items of valence and
// arousal go together, and how fast they change. Needs the ratings in AFFECTLINE_EMOFILM, or ../shared/data/emofilm.
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { bestLag, mean, metricsOf } from '../src/affect/index.ts';
import { readCurves } from '../src/datasets/index.ts';
import { formatTable } from '../src/evaluation/index.ts';

const folder =
  process.env.AFFECTLINE_EMOFILM ??
  join(fileURLToPath(new URL('..', import.meta.url)), '../shared/data/emofilm');
if (!existsSync(folder)) {
  console.log(`no Emo-FilM in '${folder}': Annot_*_stim.tsv and .json of OpenNeuro ds004872 go there`);
  process.exit();
}

const curves = readCurves(folder);
const of = (curve: (typeof curves)[number], item: string) => [...curve.tracks.get(item)!.mean];
const pooled = (item: string) => curves.flatMap((curve) => of(curve, item));
const within = (a: string, b: string) => mean(curves.map((curve) => metricsOf(of(curve, a), of(curve, b)).r));
const seconds = curves.reduce((sum, { times }) => sum + times.length, 0);
const items = ['Good', 'Bad', 'Alert', 'Calm', 'AtEase', 'IntenseEmotion', 'Heartrate'];

console.log(
  formatTable(
    {
      title: `${curves.length} films, ${seconds} s, the consensus of 44 raters: r with the two dimensions`,
      columns: ['item', 'valence pooled', 'within a film', 'arousal pooled', 'within a film'].map((name) => ({
        name,
        digits: 2,
      })),
      rows: ['valence', 'arousal', ...items].map((item) => [
        item,
        ...['valence', 'arousal'].flatMap((dimension) => [
          metricsOf(pooled(item), pooled(dimension)).r,
          within(item, dimension),
        ]),
      ]),
      notes: ['Valence is (Good − Bad) / 2, arousal is Alert.'],
    },
    'text',
  ),
);

/** How long a rating stays what it is: the first lag at which its autocorrelation falls below .5. */
const halfLife = (values: readonly number[]) => {
  for (let lag = 1; lag < values.length / 2; lag++)
    if (metricsOf(values.slice(lag), values.slice(0, -lag)).r < 0.5) return lag;
  return Number.NaN;
};
const position = (count: number) => Array.from({ length: count }, (_, i) => i / count);
console.log(
  formatTable(
    {
      title:
        'Film by film: seconds until autocorrelation is .5, r with the place in the film, bodily reactions behind alertness',
      columns: [
        { name: 'film' },
        { name: 's', digits: 0 },
        { name: 'valence, s', digits: 0 },
        { name: 'arousal, s', digits: 0 },
        { name: 'valence, place', digits: 2 },
        { name: 'arousal, place', digits: 2 },
        { name: 'heart rate, r', digits: 2 },
        { name: 'lag, s', digits: 0 },
      ],
      rows: curves.map((curve) => {
        const [valence, arousal] = [of(curve, 'valence'), of(curve, 'arousal')];
        const heart = bestLag(arousal, of(curve, 'Heartrate'), 1);
        const place = position(valence.length);
        return [
          curve.film,
          valence.length,
          halfLife(valence),
          halfLife(arousal),
          metricsOf(place, valence).r,
          metricsOf(place, arousal).r,
          heart.r,
          heart.seconds,
        ];
      }),
      notes: [
        'The files have the consensus alone, not the 44 raters: their agreement cannot be computed from these.',
      ],
    },
    'text',
  ),
);
