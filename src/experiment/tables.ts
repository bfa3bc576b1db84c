import {
  type Cell,
  type Comparison,
  type Dimension,
  dimensions,
  metricNames,
  type Table,
  tableOneOfPaper,
} from '../evaluation/index.ts';
import { optionalStreams, standardStreams } from '../streams/index.ts';
import type { Finding } from './findings.ts';
import {
  isNetwork,
  type ModelName,
  nameOfStreams,
  nameWith,
  separateDecisions,
  streamsWithout,
  tunedSound,
  withoutNetwork,
} from './models.ts';

/** What a model is called in tables and pictures. */
export function titleOf(name: ModelName): string {
  if (name === 'paper') return "the paper's model";
  if (name === tunedSound) return 'SoundNet fine-tuned';
  const added = optionalStreams.find((stream) => name === nameWith(stream));
  if (added !== undefined) return `the paper's model with ${added}`;
  if (name === 'decisions') return 'fusion of decisions';
  if (name === separateDecisions) return 'fusion of decisions, trained apart';
  if (isNetwork(name)) return name.includes('+') ? name.replace('+', ' + ') : `${name} alone`;
  return name === 'handcrafted' ? withoutNetwork[name] : `${withoutNetwork[name]} (no video)`;
}

/** Every model, first at valence, then at arousal. */
export function modelTable(findings: readonly Finding[], title: string, notes: readonly string[]): Table {
  return {
    title,
    columns: ['model', 'of', 'MSE', 'MAE', 'r', 'CCC', 'R²', 'bias'].map((name) => ({ name })),
    rows: dimensions.flatMap((dimension) =>
      findings.map(({ name, metrics, intervals }) => [
        titleOf(name),
        dimension,
        ...metricNames.map((metric) => ({
          value: metrics[dimension][metric],
          ...intervals[dimension][metric],
        })),
      ]),
    ),
    notes: [
      ...notes,
      "The paper's model fuses the features of all three streams; handcrafted features go through ridge regression.",
      'Brackets: 95% intervals, by drawing films. Bias: mean of prediction − label.',
    ],
  };
}

/** What trainings that differ by their seed alone came to. */
export function spreadSentence({ count, spread }: NonNullable<Finding['overSeeds']>): string {
  const figures = dimensions.flatMap((of) =>
    (['r', 'ccc'] as const).map((metric) => {
      const { mean, deviation } = spread[of][metric];
      return `${of} ${metric === 'r' ? 'r' : 'CCC'} ${mean.toFixed(3)} ± ${deviation.toFixed(3)}`;
    }),
  );
  return `${count} trainings that differ by their seed alone, mean ± standard deviation on the same clips: ${figures.join(', ')}.`;
}

/** Networks that were trained several times: each figure's mean and standard deviation over the seeds. */
export function seedsTable(findings: readonly Finding[], title: string, notes: readonly string[]): Table {
  const counts = new Set(findings.flatMap(({ overSeeds }) => overSeeds?.count ?? []));
  return {
    title,
    columns: ['model', 'of', 'MSE', 'MAE', 'r', 'CCC', 'R²', 'bias'].map((name) => ({ name })),
    rows: dimensions.flatMap((dimension) =>
      findings.flatMap(({ name, overSeeds }) =>
        overSeeds
          ? [
              [
                titleOf(name),
                dimension,
                ...metricNames.map((metric) => {
                  const { mean, deviation } = overSeeds.spread[dimension][metric];
                  return { value: mean, deviation };
                }),
              ],
            ]
          : [],
      ),
    ),
    notes: [
      ...notes,
      `Mean ± standard deviation of ${[...counts].join(' or ')} trainings on the same clips, by other seeds; each measured by itself, not as an ensemble.`,
    ],
  };
}

/** What this run measured, and on which clips. */
export interface MeasuredFindings {
  readonly findings: readonly Finding[];
  readonly on: string;
}

/** Table 1 of the paper below this run's figures; each with the clips it was measured on. */
export function tableOne(measured: readonly MeasuredFindings[]): Table {
  const printed = tableOneOfPaper();
  const own = measured.flatMap(({ findings, on }) =>
    (['constant', 'decisions', separateDecisions, 'paper'] as const).flatMap((name): Cell[][] => {
      const found = findings.find((finding) => finding.name === name);
      if (!found) return [];
      const { overSeeds, metrics } = found;
      const row = (title: string, cell: (of: Dimension, metric: 'mse' | 'r') => Cell): Cell[] => [
        `this run: ${title}`,
        ...[cell('valence', 'mse'), cell('valence', 'r'), cell('arousal', 'mse'), cell('arousal', 'r')],
        on,
        'this run',
      ];
      const together = row(
        `${titleOf(name)}${overSeeds ? `, ensemble of ${overSeeds.count}` : ''}`,
        (of, metric) => metrics[of][metric],
      );
      if (!overSeeds) return [together];
      const each = row(`${titleOf(name)}, mean of ${overSeeds.count} seeds`, (of, metric) => {
        const { mean, deviation } = overSeeds.spread[of][metric];
        return { value: mean, deviation };
      });
      return [each, together];
    }),
  );
  return {
    ...printed,
    title: 'Table 1 of Kim & Lee 2018 as it is printed, below this run',
    rows: [...own, ...printed.rows],
  };
}

/** The paper's model against each other one. */
export function comparisonTable(findings: readonly Finding[], title: string): Table {
  const cells = ({ mse, mseInterval, mseP, r, rInterval, rP }: Comparison): Cell[] => [
    { value: mse, ...mseInterval },
    mseP,
    { value: r, ...rInterval },
    rP,
  ];
  return {
    title,
    columns: [
      { name: 'against' },
      ...dimensions.flatMap((dimension) => [
        { name: `${dimension} MSE` },
        { name: 'p' },
        { name: `${dimension} r` },
        { name: 'p' },
      ]),
    ],
    rows: findings.flatMap(({ name, against }) =>
      against ? [[titleOf(name), ...dimensions.flatMap((dimension) => cells(against[dimension]))]] : [],
    ),
    notes: [
      "Differences, the paper's model minus the other: MSE below 0 and r above 0 are in its favor. Brackets: 95% intervals by film (bootstrap-t). p: paired permutation test by film of the difference before it, not corrected for the number of comparisons.",
    ],
  };
}

/** What it costs to leave out a stream. */
export interface Cost {
  readonly stream: string;
  readonly against: Record<Dimension, Comparison>;
}

/** The model without each stream, against the paper's; only those that were trained. */
export function costsOf(findings: readonly Finding[]): Cost[] {
  return standardStreams.flatMap((stream) => {
    const without = nameOfStreams(streamsWithout(stream));
    const against = findings.find(({ name }) => name === without)?.against;
    return against ? [{ stream, against }] : [];
  });
}

export function ablationTable(costs: readonly Cost[]): Table {
  return {
    title: 'What leaving out a stream costs',
    columns: [
      { name: 'without' },
      ...dimensions.flatMap((dimension) => [
        { name: `${dimension} r lost` },
        { name: 'p' },
        { name: `${dimension} MSE gained` },
        { name: 'p' },
      ]),
    ],
    rows: costs.map(({ stream, against }) => [
      stream,
      ...dimensions.flatMap((dimension): Cell[] => {
        const { r, rInterval, rP, mse, mseInterval, mseP } = against[dimension];
        const mirrored = { value: -mse, low: -mseInterval.high, high: -mseInterval.low };
        return [{ value: r, ...rInterval }, rP, mirrored, mseP];
      }),
    ]),
    notes: [
      'Each network is trained anew without the stream. Above 0: the stream helps. p: of the difference before it.',
    ],
  };
}

/** Prediction intervals of 90% and how many test labels lie inside. */
export function conformalTable(findings: readonly Finding[]): Table {
  return {
    title: 'Conformal 90% prediction intervals',
    columns: [
      { name: 'model' },
      ...dimensions.flatMap((dimension) => [
        { name: `${dimension} ±` },
        { name: `${dimension} inside` },
        { name: 'film by film' },
      ]),
    ],
    rows: findings.flatMap(({ name, conformal }) =>
      conformal
        ? [
            [
              titleOf(name),
              ...dimensions.flatMap((dimension): Cell[] => {
                const { margins, measured, byFilm } = conformal;
                const shares = [measured, byFilm].map(
                  (of) => of && { value: of[dimension].share, ...of[dimension].interval },
                );
                return [margins?.[dimension], ...shares];
              }),
            ],
          ]
        : [],
    ),
    notes: [
      'Margins from the errors on the calibration clips, whose films neither train nor stop the training nor test; inside: the share of test labels within them, aimed at 0.9. Film by film: each film of the test with margins from the others, which is what new films can expect.',
    ],
  };
}
