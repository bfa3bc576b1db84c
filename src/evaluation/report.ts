import type { LabelledClip, Split } from '../datasets/index.ts';
import { baselines, leakTest, leakText } from './baselines.ts';
import { type BootstrapOptions, bootstrapIntervals } from './intervals.ts';
import { evaluate, mean } from './metrics.ts';
import { type Dimension, dimensions, type Prediction } from './prediction.ts';
import type { Table } from './table.ts';

/** A model's predictions for the clips of a test. */
export interface ModelPredictions {
  readonly name: string;
  readonly predictions: readonly Prediction[];
}

/** Models and the baselines without video on the test of a split, with 95% intervals by film. */
export function resultsTable(
  split: Split,
  models: readonly ModelPredictions[],
  options: BootstrapOptions & {
    /** True when the films are rendered; the table says so. */
    readonly synthetic?: boolean;
  } = {},
): Table {
  const clips = split.test;
  const known = [...split.train, ...split.validation];
  const withoutVideo = Object.entries(baselines).map(([name, baseline]) => ({
    name: `${name} (no video)`,
    predictions: baseline(known, clips),
  }));
  const rows = [...withoutVideo, ...models].map(({ name, predictions }) => {
    const metrics = evaluate(clips, predictions);
    const intervals = bootstrapIntervals(clips, predictions, options);
    const cells = dimensions.flatMap((dimension) => {
      const { mse, r, ccc, r2, bias } = metrics[dimension];
      const interval = intervals[dimension];
      return [{ value: mse, ...interval.mse }, { value: r, ...interval.r }, ccc, r2, bias];
    });
    return [name, ...cells];
  });
  const films = new Set(clips.map((clip) => clip.film)).size;
  const source = options.synthetic ? 'synthetic films, ' : '';
  return {
    title: `Results on ${source}${split.name} split: ${clips.length} clips of ${films} films`,
    columns: [
      { name: 'model' },
      ...dimensions.flatMap((dimension) =>
        ['MSE', 'r', 'CCC', 'R²', 'bias'].map((name) => ({ name: `${dimension} ${name}` })),
      ),
    ],
    rows,
    notes: [
      'Brackets: 95% intervals, by drawing films. Bias: mean of prediction − label.',
      ...reading(split, models, options),
    ],
  };
}

/** What the figures do and do not show, in sentences. */
export function reading(
  split: Split,
  models: readonly ModelPredictions[],
  { synthetic = false }: { readonly synthetic?: boolean } = {},
): string[] {
  const known = [...split.train, ...split.validation];
  const sentences = synthetic
    ? ['These films are synthetic: no figure here says anything about real films.']
    : [];
  sentences.push(leakText(leakTest(split)));
  for (const dimension of dimensions) {
    const shift = shiftOf(known, split.test, dimension);
    if (Math.abs(shift.mean) > 0.25 * shift.deviation)
      sentences.push(
        `The ${dimension} labels of the test lie ${shift.mean.toFixed(2)} from those of the training on average: ` +
          `${(shift.mean ** 2).toFixed(3)} of every MSE is that shift unless a model foresees it. Compare r.`,
      );
  }
  const constant = evaluate(split.test, baselines.constant!(known, split.test));
  for (const { name, predictions } of models) {
    const metrics = evaluate(split.test, predictions);
    for (const dimension of dimensions) {
      const [mse, without] = [metrics[dimension].mse, constant[dimension].mse];
      const gain = 100 * (1 - mse / without);
      sentences.push(
        gain > 0
          ? `${name}: ${dimension} MSE ${mse.toFixed(3)}, ${gain.toFixed(0)}% below the constant's ${without.toFixed(3)}.`
          : `${name}: ${dimension} MSE ${mse.toFixed(3)} is no better than the constant's ${without.toFixed(3)}.`,
      );
    }
  }
  return sentences;
}

/** How far the mean label of the test lies from that of the training, and how much labels vary. */
function shiftOf(known: readonly LabelledClip[], test: readonly LabelledClip[], dimension: Dimension) {
  const labels = test.map((clip) => clip[dimension]);
  const center = mean(labels);
  return {
    mean: center - mean(known.map((clip) => clip[dimension])),
    deviation: Math.sqrt(mean(labels.map((label) => (label - center) ** 2))),
  };
}
