// What loudness, change, cuts, light and music say of the arousal and valence that the characters of Forrest Gump show:
// each of the eight runs is predicted from the other seven. Needs studyforrest's annotations (CC0) in
// AFFECTLINE_STUDYFORREST, or ../shared/data/studyforrest.
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { filmEffects, mean, metricsOf, smoothed, variance } from '../src/affect/index.ts';
import { readCurves } from '../src/datasets/index.ts';
import { formatTable, ridge } from '../src/evaluation/index.ts';

const folder =
  process.env.AFFECTLINE_STUDYFORREST ??
  join(fileURLToPath(new URL('..', import.meta.url)), '../shared/data/studyforrest');
if (!existsSync(folder)) {
  console.log(`no studyforrest in '${folder}': its files, as OpenNeuro has them, go there`);
  process.exit();
}

/** Samples of sound and picture a second. */
const rate = 25;
/** A run ends with this many seconds that the next one begins with, whose emotions are listed there alone. */
const sharedSeconds = 20;
/** Seconds that ratings and features are averaged over. */
const windowSeconds = 15;
/** The frame differs this much from the one before where a cut is. */
const cut = 0.35;
const penalty = 0.01;

/** A run by the second. */
interface Run {
  readonly arousal: Float64Array;
  readonly valence: Float64Array;
  readonly features: Readonly<Record<FeatureName, Float64Array>>;
}
type FeatureName = 'loudness' | 'change' | 'cuts' | 'light' | 'music' | 'score';

function rows(name: string): string[][] {
  return readFileSync(join(folder, name), 'utf8')
    .trim()
    .split(/\r?\n/)
    .slice(1)
    .map((line) => line.split('\t'));
}

function readRuns(once: boolean): Run[] {
  return readCurves(folder).map((curve, i) => {
    const number = i + 1;
    const samples = (of: 'audio' | 'visual', column: number) =>
      rows(`conf_${of}_run-${number}_events.tsv`).map((fields) => Number(fields[column]));
    const [rms, change, light] = [samples('audio', 2), samples('visual', 6), samples('visual', 2)];
    const all = Math.floor(Math.min(rms.length, change.length) / rate);
    const seconds = once && number < 8 ? all - sharedSeconds : all;
    const each = (value: (second: number) => number) =>
      Float64Array.from({ length: seconds }, (_, s) => value(s));
    const of = (values: readonly number[]) => each((s) => mean(values.slice(s * rate, (s + 1) * rate)));
    const isCut = change.map((value, k) =>
      value > cut && value >= (change[k - 1] ?? 0) && value >= (change[k + 1] ?? 0) ? rate : 0,
    );
    const music = rows(`music_run-${number}_events.tsv`).map(([onset, duration, foreground]) => ({
      from: Math.round(Number(onset)),
      to: Math.round(Number(onset) + Number(duration)),
      foreground: foreground === '1',
    }));
    const playing = (which: (event: (typeof music)[number]) => boolean) =>
      each((s) => (music.some((event) => which(event) && s >= event.from && s < event.to) ? 1 : 0));
    const rated = (track: string) => each((s) => curve.tracks.get(track)!.mean[s] ?? 0);
    return {
      arousal: rated('arousal'),
      valence: rated('valence'),
      features: {
        loudness: of(rms),
        change: of(change),
        cuts: of(isCut),
        light: of(light),
        music: playing(() => true),
        score: playing(({ foreground }) => foreground),
      },
    };
  });
}

/** What a model sees. */
interface Choice {
  readonly names: readonly FeatureName[];
  /** Seconds that features are averaged over. */
  readonly window: number;
  /** Whether loudness and change are given relative to their mean over the run as well. */
  readonly relative: boolean;
}

type Dimension = 'arousal' | 'valence';
type Matrix = number[][];

function matrix(run: Run, { names, window, relative }: Choice): Matrix {
  const columns = names.flatMap((name) => {
    const values = smoothed(run.features[name], window);
    if (!relative || (name !== 'loudness' && name !== 'change')) return [values];
    const level = mean(run.features[name]);
    return [values, values.map((value) => value / level)];
  });
  return Array.from(run.arousal, (_, s) => columns.map((column) => column[s]!));
}

/** One run's predictions by a ridge regression on others. */
function predicted(
  inputs: readonly Matrix[],
  labels: readonly Float64Array[],
  known: readonly number[],
  run: number,
) {
  const rowsOf = known.flatMap((k) => inputs[k]!);
  const model = ridge(
    rowsOf,
    known.flatMap((k) => [...labels[k]!]),
    penalty * rowsOf.length,
  );
  return inputs[run]!.map((row) => model.predict(row));
}

const others = (run: number, of: readonly number[]) => of.filter((k) => k !== run);

function scores(predictions: readonly number[][], labels: readonly Float64Array[]) {
  const within = predictions.map((values, k) => metricsOf(values, labels[k]!).r);
  return {
    pooled: metricsOf(
      predictions.flat(),
      labels.flatMap((values) => [...values]),
    ).r,
    within: mean(within),
    each: within.map((r) => r.toFixed(2)).join(' '),
  };
}

const everyRun = [0, 1, 2, 3, 4, 5, 6, 7];

function leftOut(runs: readonly Run[], dimension: Dimension, choice: Choice) {
  const labels = runs.map((run) => smoothed(run[dimension], windowSeconds));
  const inputs = runs.map((run) => matrix(run, choice));
  return scores(
    everyRun.map((run) => predicted(inputs, labels, others(run, everyRun), run)),
    labels,
  );
}

const fixed = (names: readonly FeatureName[], relative = false): Choice => ({
  names,
  window: windowSeconds,
  relative,
});

/** Loudness and change always; what else, over which window and whether relative too, is chosen. */
const choices: Choice[] = ([[], ['music'], ['music', 'score']] as FeatureName[][]).flatMap((music) =>
  ([[], ['cuts']] as FeatureName[][]).flatMap((cuts) =>
    [15, 21, 31].flatMap((window) =>
      [false, true].map((relative) => ({
        names: ['loudness', 'change', ...cuts, ...music] as FeatureName[],
        window,
        relative,
      })),
    ),
  ),
);

/** For each run, the choice of the lowest squared error in leaving out one of the other seven; then those seven predict. */
function nested(runs: readonly Run[], dimension: Dimension) {
  const labels = runs.map((run) => smoothed(run[dimension], windowSeconds));
  const prepared = choices.map((choice) => runs.map((run) => matrix(run, choice)));
  const chosen: Choice[] = [];
  const predictions = everyRun.map((run) => {
    const seven = others(run, everyRun);
    const errors = prepared.map((inputs) =>
      mean(
        seven.flatMap((inner) => {
          const values = predicted(inputs, labels, others(inner, seven), inner);
          return values.map((value, s) => (value - labels[inner]![s]!) ** 2);
        }),
      ),
    );
    const best = errors.indexOf(Math.min(...errors));
    chosen.push(choices[best]!);
    return predicted(prepared[best]!, labels, seven, run);
  });
  return { ...scores(predictions, labels), chosen };
}

const once = readRuns(true);
const columns = ['predicted from', 'pooled', 'within a run', 'each run'].map((name) => ({ name, digits: 2 }));
const models: [string, Choice][] = [
  ['loudness', fixed(['loudness'])],
  ['change', fixed(['change'])],
  ['loudness, change', fixed(['loudness', 'change'])],
  ['loudness, change, cuts', fixed(['loudness', 'change', 'cuts'])],
  ['loudness, change, cuts, music', fixed(['loudness', 'change', 'cuts', 'music', 'score'])],
  ['the same, relative to the run too', fixed(['loudness', 'change', 'cuts', 'music', 'score'], true)],
];

for (const [title, runs] of [
  ['every second of the film counted once', once],
  ['with the 20 s that end each run and begin the next counted twice', readRuns(false)],
] as const) {
  const seconds = runs.reduce((sum, run) => sum + run.arousal.length, 0);
  const chosen = nested(runs, 'arousal');
  console.log(
    formatTable(
      {
        title: `Arousal, ${seconds} s, ${title}; r on runs left out, ${windowSeconds} s smoothing`,
        columns,
        rows: [
          ...models.map(([name, choice]) => {
            const { pooled, within, each } = leftOut(runs, 'arousal', choice);
            return [name, pooled, within, each];
          }),
          ['chosen on the other seven', chosen.pooled, chosen.within, chosen.each],
        ],
        notes: chosen.chosen.map(
          ({ names, window, relative }, k) =>
            `run ${k + 1}: ${names.join(', ')}; ${window} s${relative ? '; relative to the run too' : ''}`,
        ),
      },
      'text',
    ),
  );
}

const names: FeatureName[] = ['loudness', 'change', 'cuts', 'light', 'music', 'score'];
const dimensions: Dimension[] = ['arousal', 'valence'];
/** Standardized within each run, so that neither levels of runs nor units matter. */
const standardized = (values: Float64Array) => {
  const [center, deviation] = [mean(values), Math.sqrt(variance(values)) || 1];
  return values.map((value) => (value - center) / deviation);
};
const ofAll = (of: (run: Run) => Float64Array) =>
  once.flatMap((run) => [...standardized(smoothed(of(run), windowSeconds))]);
console.log(
  formatTable(
    {
      title: 'Effects within a run: r alone, and β beside the others (both sides standardized in each run)',
      columns: [
        'feature',
        ...dimensions.flatMap((d) => [`${d} r`, `${d} β`, 'as stated', 'r, runs left out']),
      ].map((name) => ({
        name,
        digits: 2,
      })),
      rows: names.map((name, i) => [
        name,
        ...dimensions.flatMap((dimension) => {
          const labels = ofAll((run) => run[dimension]);
          const inputs = names.map((each) => ofAll((run) => run.features[each]));
          const model = ridge(
            labels.map((_, s) => inputs.map((column) => column[s]!)),
            labels,
            1e-6,
          );
          const unit = (k: number) => names.map((_, j) => (j === k ? 1 : 0));
          const zero = names.map(() => 0);
          return [
            metricsOf(inputs[i]!, labels).r,
            model.predict(unit(i)) - model.predict(zero),
            filmEffects[name][dimension],
            leftOut(once, dimension, fixed([name])).pooled,
          ];
        }),
      ]),
      notes: ['As stated: `filmEffects` of src/affect.'],
    },
    'text',
  ),
);
