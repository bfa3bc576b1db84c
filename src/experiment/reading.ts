import {
  knownClips,
  type Protocol,
  protocolOf,
  randomSplit,
  type Split,
  testedClips,
} from '../datasets/index.ts';
import { type Comparison, type Dimension, dimensions, leakTest, leakText } from '../evaluation/index.ts';
import { optionalStreams, standardStreams } from '../streams/index.ts';
import type { Finding } from './findings.ts';
import { nameWith, separateDecisions, tunedSound } from './models.ts';
import { type Cost, titleOf } from './tables.ts';

const significantBelow = 0.05;
/** Below this many films, a test that swaps whole films cannot find anything. */
const fewFilms = 6;
/** Below this many clips, the random split leaves none to validate. */
const fewClips = 7;

/** What the numbers do and do not show: each sentence follows from them, none is said of every run. */
export function readingOf(
  protocol: Protocol,
  findings: readonly Finding[],
  costs: readonly Cost[],
  seed: number,
): string[] {
  const sentences: string[] = [];
  const films = new Set(testedClips(protocol).map(({ film }) => film)).size;
  const [split, ...others] = protocol.splits;
  if (films < fewFilms)
    sentences.push(
      `The test holds ${films} films. With fewer than ${fewFilms} no difference can be significant, and intervals by film mean little.`,
    );
  if (isMeasuredWhereStopped(split!))
    sentences.push(
      'These figures are of the clips that training was stopped by, as in the paper, which names no others: they flatter the networks.',
    );
  sentences.push(...ofSeeds(findings));
  if (others.length === 0) for (const dimension of dimensions) sentences.push(...shift(split!, dimension));
  sentences.push(...ofComparison(findings, 'constant', "The paper's model against a constant"));
  sentences.push(
    ...ofComparison(
      findings,
      tunedSound,
      "SoundNet's features as they are (the paper's sections 2 and 3.4) against SoundNet fine-tuned (its section 1)",
    ),
  );
  for (const stream of optionalStreams)
    sentences.push(
      ...ofComparison(findings, nameWith(stream), `The paper's model against the same with ${stream}`),
    );
  sentences.push(...ofComparison(findings, 'decisions', 'Fusion of features against fusion of decisions'));
  sentences.push(
    ...ofComparison(
      findings,
      separateDecisions,
      'Fusion of features against fusion of decisions of networks that were trained apart',
    ),
  );
  sentences.push(...bestAlone(findings));
  sentences.push(...ofComparison(findings, 'handcrafted', "The paper's model against handcrafted features"));
  sentences.push(...ofCosts(costs));
  sentences.push(...leaks(protocol, seed));
  return sentences;
}

/** Whether the test clips are those that stop the training. */
function isMeasuredWhereStopped({ validation, test }: Split): boolean {
  const stopping = new Set(validation.map(({ id }) => id));
  return test.some(({ id }) => stopping.has(id));
}

/** "better (MSE 0.21 against 0.25, p 0.03)", or "not significantly …". */
function verdict(comparison: Comparison, [own, other]: readonly [number, number]): string {
  const figures = `(MSE ${own.toFixed(3)} against ${other.toFixed(3)}, p ${probability(comparison.mseP)})`;
  const direction = comparison.mse < 0 ? 'better' : 'worse';
  return comparison.mseP < significantBelow
    ? `${direction} ${figures}`
    : `not significantly ${direction} ${figures}`;
}

const probability = (p: number) => (p < 0.001 ? '< 0.001' : p.toFixed(3));

const named = (findings: readonly Finding[], name: Finding['name']) =>
  findings.find((finding) => finding.name === name);

function ofComparison(findings: readonly Finding[], name: Finding['name'], title: string): string[] {
  const [paper, other] = [named(findings, 'paper'), named(findings, name)];
  if (!paper || !other?.against) return [];
  const { against } = other;
  const verdicts = dimensions.map(
    (of) => `${of} ${verdict(against[of], [paper.metrics[of].mse, other.metrics[of].mse])}`,
  );
  return [`${title}: ${verdicts.join('; ')}.`];
}

function bestAlone(findings: readonly Finding[]): string[] {
  const alone = standardStreams.flatMap((name) => named(findings, name) ?? []);
  if (alone.length < 2) return [];
  return dimensions.map((of) => {
    const best = alone.reduce((a, b) => (b.metrics[of].mse < a.metrics[of].mse ? b : a));
    const { mse, r } = best.metrics[of];
    const paper = named(findings, 'paper');
    const joined =
      paper && best.against
        ? `; all three together are ${verdict(best.against[of], [paper.metrics[of].mse, mse])}`
        : '';
    return `Of single streams, ${titleOf(best.name)} is best at ${of} by the lowest MSE, r ${r.toFixed(2)}${joined}.`;
  });
}

function ofCosts(costs: readonly Cost[]): string[] {
  if (costs.length === 0) return [];
  return dimensions.map((of) => {
    const sorted = costs.toSorted((a, b) => b.against[of].r - a.against[of].r);
    const each = sorted.map(({ stream, against }) => {
      const { r, rP } = against[of];
      return `${stream} ${r.toFixed(2)} (p ${probability(rP)})`;
    });
    return `Leaving a stream out costs ${of} this much r: ${each.join(', ')}.`;
  });
}

function shift(split: Split, dimension: Dimension): string[] {
  const mean = (values: readonly number[]) => values.reduce((sum, value) => sum + value, 0) / values.length;
  const known = mean(knownClips(split).map((clip) => clip[dimension]));
  const labels = split.test.map((clip) => clip[dimension]);
  const center = mean(labels);
  const deviation = Math.sqrt(mean(labels.map((label) => (label - center) ** 2)));
  const distance = center - known;
  if (Math.abs(distance) <= 0.25 * deviation) return [];
  return [
    `The ${dimension} labels of the test lie ${distance.toFixed(2)} from those known on average, and ${(distance ** 2).toFixed(3)} of an MSE is that alone: r is the fairer figure.`,
  ];
}

/** What a figure of this report is of, where networks were trained several times. */
function ofSeeds(findings: readonly Finding[]): string[] {
  const trained = named(findings, 'paper') ?? findings.find(({ overSeeds }) => overSeeds);
  if (!trained?.overSeeds) return [];
  const { count, spread } = trained.overSeeds;
  const each = dimensions.map((of) => {
    const { mean, deviation } = spread[of].r;
    return `${of} r ${mean.toFixed(3)} ± ${deviation.toFixed(3)}, together ${trained.metrics[of].r.toFixed(3)}`;
  });
  return [
    `Every network was trained by ${count} seeds; figures are of their ensembles, the mean of what the ${count} predict, unless a standard deviation stands behind them. One training of ${titleOf(trained.name)}: ${each.join('; ')}.`,
  ];
}

/** The leak test of this split; and, where films are apart, of the random one, for what it would have given away. */
function leaks(protocol: Protocol, seed: number): string[] {
  const own = leakText(leakTest(protocol));
  const [split] = protocol.splits as [Split];
  const clips = [split.train, split.validation, split.calibration, split.test].flat();
  if (!split.filmDisjoint || clips.length < fewClips) return [own];
  return [own, leakText(leakTest(protocolOf(randomSplit(clips, seed))))];
}
