import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, test } from 'vitest';
import {
  type DataSet,
  filmSplit,
  type LabeledClip,
  Problems,
  paperSplit,
  protocolNamed,
  protocolOf,
  randomSplit,
  testedClips,
} from '../datasets/index.ts';
import type { Prediction } from '../evaluation/index.ts';
import { Random } from '../support/random.ts';
import { trainingConfiguration } from '../training/index.ts';
import { type Outcome, outcomeOf } from './experiment.ts';
import { type Finding, findingsOf, measuredOn } from './findings.ts';
import {
  configurationFor,
  distinctModels,
  type ModelName,
  modelNames,
  usualModels,
  withParts,
} from './models.ts';
import { writeReport } from './report.ts';

const folder = mkdtempSync(join(tmpdir(), 'affectline-report-'));
afterAll(() => rmSync(folder, { recursive: true }));

const random = Random.seeded(1);
/** Films have a mood of their own, so that neighbors give each other away. */
const clips: LabeledClip[] = Array.from({ length: 40 }, (_, film) => {
  const mood = random.normal();
  return Array.from({ length: 12 }, (_, i): LabeledClip => {
    const id = `${film}-${i}`;
    const label = () => 3 + 0.4 * mood + 0.4 * random.normal();
    return {
      id,
      name: id,
      path: `/${id}`,
      film: `film ${film}`,
      start: i,
      valence: label(),
      arousal: label(),
    };
  });
}).flat();

const dataSet = (synthetic: boolean): DataSet => ({
  ...{ format: 'liris-accede', root: '/', clips, films: [], files: [] },
  ...{ synthetic, problems: new Problems() },
});

/** The labels with errors of this size in valence and arousal. */
const guess = (of: readonly LabeledClip[], valence: number, arousal: number): Prediction[] =>
  of.map((clip) => ({
    id: clip.id,
    valence: clip.valence + valence * random.normal(),
    arousal: clip.arousal + arousal * random.normal(),
  }));

async function report(
  split: ReturnType<typeof filmSplit>,
  synthetic: boolean,
  errors: Readonly<Record<ModelName, [number, number]>>,
  seeds = 1,
) {
  const predictions = new Map<ModelName, Outcome>();
  for (const [name, [valence, arousal]] of Object.entries(errors))
    predictions.set(
      name,
      outcomeOf(
        Array.from({ length: seeds }, () => ({
          validation: guess(split.validation, valence, arousal),
          calibration: guess(split.calibration, valence, arousal),
          test: guess(split.test, valence, arousal),
        })),
      ),
    );
  const protocol = protocolOf(split);
  const findings = findingsOf(measuredOn(protocol), predictions, { resamples: 300 });
  const { reading } = await writeReport({
    ...{ dataSet: dataSet(synthetic), protocol, findings, opened: [], preset: 'compact', folder },
    seeds: Array.from({ length: seeds }, (_, i) => i + 1),
  });
  return { findings, reading: reading.join('\n'), text: readFileSync(join(folder, 'report.md'), 'utf8') };
}

test('the reading follows from the numbers', async () => {
  const { findings, reading, text } = await report(filmSplit(clips, 1), true, {
    paper: [0.2, 0.2],
    flow: [0.6, 0.3],
    sound: [0.5, 0.5],
    'picture+sound': [0.2, 0.6],
    'flow+sound': [0.4, 0.2],
    'flow+picture': [0.2, 0.3],
    decisions: [0.5, 0.2],
    'separate-decisions': [0.6, 0.6],
    'tuned-sound': [0.6, 0.2],
    'paper+color': [0.5, 0.2],
  });
  expect(reading).toMatch(/against SoundNet fine-tuned \(its section 1\): valence better \(MSE 0\.0/);
  expect(reading).toMatch(
    /The paper's model against the same with color: valence better \(MSE 0\.0\d\d against 0\.2\d\d, p (?:< 0\.001|0\.00\d)\); arousal not/,
  );
  expect(text).toMatch(/## Paired tests[^#]*\| the paper's model with color \| −0\.\d{3} \[/);
  expect(text).toContain('| SoundNet fine-tuned | valence |');
  expect(text).toMatch(/\| MSE \| MAE \| r \| CCC \| R² \| bias \|/);
  expect(reading).toMatch(
    /Fusion of features against fusion of decisions: valence better \(MSE 0\.0\d\d against 0\.2\d\d, p (?:< 0\.001|0\.00\d)\); arousal not significantly (better|worse)/,
  );
  expect(reading).toMatch(
    /of decisions of networks that were trained apart: valence better \(MSE [^;]*; arousal better \(MSE 0\.0/,
  );
  expect(text).toContain('| fusion of decisions, trained apart | arousal |');
  expect(reading).toMatch(
    /Of single streams, sound alone is best at valence by the lowest MSE, .*all three together are better/,
  );
  expect(reading).toMatch(/Of single streams, flow alone is best at arousal/);
  expect(reading).toMatch(
    /Leaving a stream out costs arousal this much r: flow 0\.\d\d \(p (?:< 0\.001|0\.00\d)\), sound .*, picture/,
  );
  expect(reading).toMatch(/Leak test, films split: .* no film is in two parts/);
  expect(reading).toMatch(/Leak test, random split: .* without any video, reach r 0\.[3-9]\d valence/);
  expect(reading).not.toContain('With fewer than');
  expect(text).toContain('**These films are synthetic');
  expect(text).not.toContain('liris-accede');
  expect(text).toMatch(/## Ablation[^#]*\| flow \| [^|]* \| [^|]* \| [^|]* \| 0\.\d/);

  const { margins, measured, byFilm } = findings[0]!.conformal!;
  // nine tenths of normal errors are below 1.645 deviations
  expect(Math.abs(margins!.valence - 1.645 * 0.2)).toBeLessThan(0.12);
  expect(measured!.arousal.share).toBeGreaterThan(0.75);
  expect(Math.abs(byFilm!.arousal.share - 0.9)).toBeLessThan(0.05);
  expect(text).toMatch(/## Prediction intervals[^#]*\| the paper's model \| 0\.\d{3} \| 0\.\d{3} \[/);
});

test('what decisions are put together from is trained before them, and once', () => {
  expect(withParts(modelNames)).toEqual(modelNames);
  expect(withParts(['separate-decisions', 'sound', 'paper'])).toEqual([
    ...['flow', 'picture', 'sound', 'separate-decisions', 'paper'],
  ]);
  expect(withParts(['paper', 'constant'])).toEqual(['paper', 'constant']);
  expect(withParts(['paper+face', 'paper'])).toEqual(['paper', 'paper+face']);
});

test('the fine-tuned sound is a network of its own unless all networks train theirs', () => {
  const shared = trainingConfiguration({}, 'test');
  expect(distinctModels(modelNames, shared)).toContain('tuned-sound');
  const tuned = configurationFor('tuned-sound', shared);
  expect(tuned.train).toEqual({ ...configurationFor('paper', shared).train, sound: 'trained' });
  expect(tuned.streams).toEqual(configurationFor('paper', shared).streams);
  const scratch = trainingConfiguration({ train: { sound: 'trained' } }, 'test');
  expect(distinctModels(modelNames, scratch)).not.toContain('tuned-sound');
  expect(modelNames.filter((name) => !usualModels.includes(name))).toEqual(['paper+color', 'paper+face']);
  const colored = configurationFor('paper+color', shared);
  const { streams, ...others } = configurationFor('paper', shared);
  // what is added to a network that is trained leaves it as it is
  const frozen = Object.fromEntries(streams.map((stream) => [stream, 'frozen']));
  expect(colored).toEqual({
    ...others,
    streams: [...streams, 'color'],
    train: { ...others.train, ...frozen },
  });
});

test('a test of one film has intervals, but no others to take their margins from', async () => {
  const split = filmSplit(clips, 1);
  const test = split.test.filter(({ film }) => film === split.test[0]!.film);
  const { findings, text } = await report({ ...split, test }, true, { paper: [0.3, 0.3] });
  expect(findings[0]!.conformal!.byFilm).toBeUndefined();
  expect(text).toMatch(/## Prediction intervals[^#]*\| the paper's model \| 0\.\d{3} \| [^|]+ \| – \|/);
});

test('labels of the test that lie elsewhere are told', async () => {
  const split = filmSplit(clips, 1);
  const test = split.test.map((clip) => ({ ...clip, arousal: clip.arousal + 1 }));
  const { reading } = await report({ ...split, test }, true, { paper: [0.3, 0.3], constant: [0.6, 0.6] });
  const mean = (of: readonly LabeledClip[]) => of.reduce((sum, { arousal }) => sum + arousal, 0) / of.length;
  const distance = mean(test) - mean([...split.train, ...split.validation]);
  expect(distance).toBeGreaterThan(0.5);
  expect(reading).toContain(`The arousal labels of the test lie ${distance.toFixed(2)} from those known`);
  expect(reading).toMatch(/The paper's model against a constant: valence better \(/);
});

test('a split that leaks says so, and real films are not called synthetic', async () => {
  const { reading, text } = await report(randomSplit(clips, 1), false, {
    paper: [0.3, 0.3],
    sound: [0.3, 0.3],
  });
  expect(reading).toMatch(/Leak test, random split: .* not understanding of video/);
  expect(reading).not.toContain('no film is in two parts');
  expect(text).toMatch(
    /this run: the paper's model \|.*\| liris-accede, random split, 120 clips of \d\d films \|/,
  );
  expect(text).not.toContain('synthetic');
  expect(text).not.toContain('## Ablation');
  expect(text).not.toContain('which names no others');
});

test("the paper's own split says that it is measured where training was stopped", async () => {
  const { reading, text } = await report(paperSplit(clips, 1), false, {
    paper: [0.3, 0.3],
    constant: [0.6, 0.6],
  });
  expect(reading).toContain(
    'of the clips that training was stopped by, as in the paper, which names no others',
  );
  expect(reading).toMatch(/Leak test, paper split: .* not understanding of video/);
  expect(text).toContain(
    'Split `paper`: 360 clips to learn from, 120 to stop by, 0 to calibrate on, 120 to test;',
  );
  expect(text).not.toContain('## Prediction intervals');
});

test('of several seeds it shows their mean and deviation, and the ensemble, which is better where errors are drawn', async () => {
  const { findings, reading, text } = await report(
    filmSplit(clips, 1),
    true,
    { paper: [0.6, 0.6], constant: [0.6, 0.6] },
    3,
  );
  const [{ metrics, overSeeds }] = findings as [Finding];
  expect(overSeeds!.count).toBe(3);
  const { mean, deviation } = overSeeds!.spread.valence.mse;
  expect(Math.abs(mean - 0.36)).toBeLessThan(0.08);
  expect(Math.abs(metrics.valence.mse - 0.12)).toBeLessThan(0.05);
  const spread = `${mean.toFixed(3)} ± ${deviation.toFixed(3)}`;
  expect(text).toContain(`## Over seeds`);
  expect(text).toMatch(new RegExp(`\\| the paper's model \\| valence \\| ${spread} \\|`));
  expect(text).toMatch(new RegExp(`this run: the paper's model, mean of 3 seeds \\| ${spread} \\|`));
  expect(text).toContain(
    `this run: the paper's model, ensemble of 3 | ${metrics.valence.mse.toFixed(3)} | ${metrics.valence.r.toFixed(3)} |`,
  );
  expect(reading).toContain('Every network was trained by 3 seeds; figures are of their ensembles');
  expect(text).toContain('seeds 1, 2, 3, each trained on the same clips');
});

test('folds are measured as one test of all clips, without margins of their own', async () => {
  const protocol = protocolNamed('folds:5', clips, 1);
  const tested = testedClips(protocol);
  const outcome = outcomeOf([
    { validation: [], calibration: guess(clips, 0.3, 0.3), test: guess(tested, 0.3, 0.3) },
  ]);
  const findings = findingsOf(measuredOn(protocol), new Map([['paper', outcome]]), { resamples: 300 });
  expect(Math.abs(findings[0]!.metrics.valence.mse - 0.09)).toBeLessThan(0.03);
  expect(findings[0]!.conformal!.margins).toBeUndefined();
  const { reading } = await writeReport({
    ...{ dataSet: dataSet(true), protocol, findings, opened: [], preset: 'compact', seeds: [1], folder },
  });
  const text = readFileSync(join(folder, 'report.md'), 'utf8');
  expect(text).toContain(
    'Split `folds:5`, each: 192 clips to learn from, 96 to stop by, 96 to calibrate on, 96 to test; 40 films are tested.',
  );
  expect(text).toMatch(/## Prediction intervals[^#]*\| the paper's model \| – \| – \| 0\.\d{3} \[/);
  expect(reading.join('\n')).toMatch(/Leak test, folds:5 split: .* no film is in two parts/);
});
