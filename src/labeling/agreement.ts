import { grouped } from '../support/grouped.ts';
import type { Choice } from './labels.ts';

/** How far raters say the same of the same two scenes. */
export interface ChoiceAgreement {
  /** Pairs of scenes that two raters or more have decided. */
  readonly pairs: number;
  /** Of two raters who decided the same pair, how often they chose the same, 0 … 1; half of them do by chance. */
  readonly same?: number;
  /** Krippendorff's alpha (nominal): 1 is full agreement, 0 what chance gives. */
  readonly alpha?: number;
}

/**
 * Agreement over the pairs that several raters have decided; "cannot say" counts as not asked.
 *
 * Source: Krippendorff, "Computing Krippendorff's Alpha-Reliability" (2011), section C. A value here is whether the first or
 * the second scene of a pair was chosen; which is the first says nothing, so that either is expected half the time.
 */
export function choiceAgreement(choices: readonly Choice[]): ChoiceAgreement {
  const decided = choices.filter(({ chosen }) => chosen !== undefined);
  const units = [...grouped(decided, ({ one, other }) => `${one} ${other}`).values()].filter(
    ({ length }) => length > 1,
  );
  if (units.length === 0) return { pairs: 0 };
  let [values, together, asked, disagreeing] = [0, 0, 0, 0];
  for (const unit of units) {
    const first = unit.filter(({ one, chosen }) => chosen === one).length;
    const apart = first * (unit.length - first);
    values += unit.length;
    asked += (unit.length * (unit.length - 1)) / 2;
    together += (unit.length * (unit.length - 1)) / 2 - apart;
    disagreeing += (2 * apart) / (unit.length - 1);
  }
  return { pairs: units.length, same: together / asked, alpha: 1 - disagreeing / values / 0.5 };
}
