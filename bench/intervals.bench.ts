// How often 95% intervals by film hold the true figure, on simulated data sets whose truth is known: the bootstrap-t
// that reports use, beside plain percentiles of the same draws. `--sets=N` data sets of each kind.
import { metricsOf } from '../src/affect/index.ts';
import type { LabeledClip } from '../src/datasets/index.ts';
import { bootstrapIntervals, formatTable, type Prediction } from '../src/evaluation/index.ts';
import { filmResamples, middle95 } from '../src/evaluation/resamples.ts';
import { simulatedKinds, simulatedSet } from '../src/evaluation/simulated-sets.ts';
import { describeMachine } from '../src/support/machine.ts';

const sets = Number(process.argv.find((argument) => argument.startsWith('--sets='))?.slice(7) ?? 500);
const resampleCount = 500;
const names = ['r', 'mse', 'ccc', 'mae'] as const;

console.log(describeMachine());
for (const films of [15, 40]) {
  const rows = Object.keys(simulatedKinds).map((kind) => {
    const truth = metrics(simulatedSet(kind, 20_000, 1));
    const held = { student: names.map(() => 0), percentile: names.map(() => 0) };
    for (let set = 0; set < sets; set++) {
      const { clips, predictions } = simulatedSet(kind, films, 1000 + set);
      const { valence } = bootstrapIntervals(clips, predictions, { resamples: resampleCount, seed: set });
      const draws = [
        ...filmResamples(
          clips.map(({ film }) => film),
          { resamples: resampleCount, seed: set },
        ),
      ].map((indices) =>
        metrics({ clips: indices.map((i) => clips[i]!), predictions: indices.map((i) => predictions[i]!) }),
      );
      names.forEach((name, k) => {
        const percentile = middle95(draws.map((draw) => draw[name]));
        if (valence[name].low <= truth[name] && truth[name] <= valence[name].high) held.student[k]!++;
        if (percentile.low <= truth[name] && truth[name] <= percentile.high) held.percentile[k]!++;
      });
    }
    const share = (count: number) => (100 * count) / sets;
    return [kind, ...names.flatMap((_, k) => [share(held.student[k]!), share(held.percentile[k]!)])];
  });
  console.log(
    formatTable(
      {
        title: `${films} films: how many of ${sets} 95% intervals hold the truth, in %`,
        columns: [
          { name: 'data sets' },
          ...names.flatMap((name) => [
            { name: name === 'r' ? name : name.toUpperCase(), digits: 1 },
            { name: 'percentiles', digits: 1 },
          ]),
        ],
        rows,
        notes: [
          `One share scatters by ${(100 * Math.sqrt((0.95 * 0.05) / sets)).toFixed(1)} about its mean.`,
        ],
      },
      'text',
    ),
  );
}

function metrics({ clips, predictions }: { clips: LabeledClip[]; predictions: Prediction[] }) {
  return metricsOf(
    predictions.map(({ valence }) => valence),
    clips.map(({ valence }) => valence),
  );
}
