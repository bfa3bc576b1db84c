import { minimize } from './minimize.ts';
import { logNormalCdf, logNormalDensity } from './normal.ts';

/** One judgment on a pair of clips. */
export interface Judgment {
  readonly winner: number;
  readonly loser: number;
}

/** How strengths explain judgments: Bradley & Terry (1952), or Thurstone (1927), case V. */
export type ComparisonModel = 'bradley-terry' | 'thurstone';

/** How likely a clip wins against another, by the difference of their strengths. */
const models: Record<ComparisonModel, (difference: number) => { log: number; slope: number }> = {
  /** 1 / (1 + exp(−difference)) (Bradley & Terry 1952) */
  'bradley-terry': (difference: number) => {
    const surprise = Math.exp(-Math.abs(difference));
    const loss = surprise / (1 + surprise);
    return {
      log: Math.min(0, difference) - Math.log1p(surprise),
      slope: difference > 0 ? loss : 1 - loss,
    };
  },
  /** Φ(difference) (Thurstone 1927, case V) */
  thurstone: (difference: number) => {
    const log = logNormalCdf(difference);
    return { log, slope: Math.exp(logNormalDensity(difference) - log) };
  },
};

/**
 * The strength of each clip that makes the judgments most likely, for pairs in any order and number
 * (`ranksByQuicksort` chooses its own).
 *
 * @param priorVariance of the normal prior of a strength, with mean 0: it keeps a clip that never lost finite and
 * ties clips together that no chain of judgments connects.
 * @returns strengths with mean 0; `ranksOf` makes ranks of them.
 */
export function strengthsFrom(
  count: number,
  judgments: readonly Judgment[],
  { model = 'bradley-terry', priorVariance = 10 }: { model?: ComparisonModel; priorVariance?: number } = {},
): Float64Array {
  for (const { winner, loser } of judgments)
    if (!isClip(winner, count) || !isClip(loser, count) || winner === loser)
      throw new TypeError(`judgment of clip ${winner} above ${loser}: two of ${count} clips expected`);
  const probability = models[model];
  const { place } = minimize((strengths) => {
    let value = 0;
    const gradient = strengths.map((strength) => strength / priorVariance);
    for (const strength of strengths) value += strength ** 2 / (2 * priorVariance);
    for (const { winner, loser } of judgments) {
      const { log, slope } = probability(strengths[winner]! - strengths[loser]!);
      value -= log;
      gradient[winner]! -= slope;
      gradient[loser]! += slope;
    }
    return { value, gradient };
  }, new Float64Array(count));
  return place;
}

function isClip(index: number, count: number): boolean {
  return Number.isInteger(index) && index >= 0 && index < count;
}
