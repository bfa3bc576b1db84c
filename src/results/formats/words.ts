import {
  type Affect,
  type AffectEstimate,
  dimensions,
  elicited,
  type FilmAffect,
} from '../../affect/index.ts';
import { shown } from '../numbers.ts';
import { modelName } from '../text.ts';

/** "valence 3.12 (2.70 … 3.54), arousal 2.10 (1.60 … 2.60)". */
export function valuesText(
  { low, high, ...value }: AffectEstimate,
  { model: { scale } }: FilmAffect,
): string {
  const number = (of: keyof Affect, affect: Affect) => shown(affect[of], scale);
  return dimensions
    .map((of) => {
      const interval = low && high ? ` (${number(of, low)} … ${number(of, high)})` : '';
      return `${of} ${number(of, value)}${interval}`;
    })
    .join(', ');
}

/** What every file says of itself: that affect is elicited, by which model, on which scale, with which interval. */
export function provenance(film: FilmAffect): string {
  const { scale } = film.model;
  return [
    `Elicited affect: ${elicited.statement}`,
    `model ${modelName(film)}`,
    ...(scale ? [`scale ${scale.join(' … ')}`] : []),
    ...(film.intervals ? [`${Math.round(100 * film.intervals.confidence)}% intervals in brackets`] : []),
  ].join('; ');
}

/** On one line, without what the format takes for its own. */
export function plain(text: string): string {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: those are what is taken out
  return text.replace(/[\u0000-\u001f\u007f-\u009f\u2028\u2029]+/g, ' ').replaceAll('-->', '→');
}
