import { InputError } from '../support/errors.ts';
import { type Affect, dimensions, onScale, type Scale } from './affect.ts';
import {
  type AffectEstimate,
  elicited,
  type FilmAffect,
  schemaVersion,
  type Unknown,
} from './film-affect.ts';

/** What an analysis has found out of a film, before it is held to the scale. */
export type Findings = Omit<FilmAffect, 'schemaVersion' | 'affect'>;

/**
 * The result of an analysis. Every value is finite and lies on the scale of the model's labels: what lies beyond it is
 * moved to its end, and `unknown` tells of it.
 *
 * @throws InputError when a value is no number, as networks whose weights hold no numbers give.
 */
export function filmAffect(findings: Findings): FilmAffect {
  const { clip, curve, shots, unknown, model } = findings;
  const { scale } = model;
  const values = [clip, ...curve, ...(shots ?? [])];
  if (!values.every(isNumber))
    throw new InputError(
      `model ${model.name}: its weights give no number for '${findings.file}'; they are damaged, train it anew`,
      'unusable-model',
    );
  const beyond = values.filter((value) => !liesOn(value, scale)).length;
  return {
    schemaVersion,
    affect: elicited,
    ...findings,
    clip: bounded(clip, scale),
    curve: curve.map((point) => ({ ...point, ...bounded(point, scale) })),
    ...(shots && { shots: shots.map((shot) => ({ ...shot, ...bounded(shot, scale) })) }),
    unknown: scale && beyond > 0 ? [...unknown, beyondScale(beyond, values.length, scale)] : unknown,
  };
}

function isNumber({ low, high, shares = {}, ...value }: AffectEstimate): boolean {
  const all: (Affect | undefined)[] = [value, low, high, ...Object.values(shares)];
  return all.every((affect) => affect === undefined || dimensions.every((of) => Number.isFinite(affect[of])));
}

function liesOn(value: Affect, scale: Scale | undefined): boolean {
  const nearest = onScale(value, scale);
  return dimensions.every((of) => nearest[of] === value[of]);
}

/** The estimate and its interval on the scale; shares stay as they are, for only so they sum up. */
function bounded(estimate: AffectEstimate, scale: Scale | undefined): AffectEstimate {
  const { low, high } = estimate;
  return {
    ...estimate,
    ...onScale(estimate, scale),
    ...(low && { low: onScale(low, scale) }),
    ...(high && { high: onScale(high, scale) }),
  };
}

function beyondScale(count: number, of: number, scale: Scale): Unknown {
  return {
    code: 'beyond-scale',
    reason: `${count} of ${of} values lay beyond the scale ${scale.join(' … ')} and were moved to its end: nothing like it was in the training`,
  };
}
