// What a model knows: how far a stretch of film lies from what it was trained on.
import type { Unknown } from '../affect/index.ts';
import {
  distanceFrom,
  type FilmFeatures,
  type FilmQuantities,
  featuresWithin,
  type Quantity,
  quantitiesWithin,
} from '../features/index.ts';
import type { Known } from '../models/index.ts';
import type { CurveWindow } from './curve.ts';

/** What less and more than anything in the training set is called. */
const words: Record<Quantity, readonly [less: string, more: string]> = {
  light: ['darker', 'brighter'],
  color: ['less color', 'more color'],
  contrast: ['less contrast', 'more contrast'],
  detail: ['less detail', 'more detail'],
  grain: ['smoother', 'grainier'],
  motion: ['less motion', 'more motion'],
  level: ['quieter', 'louder'],
};

interface Finding {
  readonly code: string;
  readonly reason: string;
}

/**
 * Where a film lies beyond what the model was trained on, window by window; passages that follow each other are one.
 *
 * @param windows in order; those of the curve.
 */
export function unknownOf(
  known: Known,
  features: FilmFeatures,
  quantities: FilmQuantities,
  windows: readonly CurveWindow[],
): Unknown[] {
  const found = new Map<string, { reason: string; times: number[] }>();
  for (const { time, from, to } of windows)
    for (const { code, reason } of findingsWithin(known, features, quantities, from, to)) {
      const finding = found.get(code) ?? { reason, times: [] };
      finding.times.push(time);
      found.set(code, finding);
    }
  return [...found].flatMap(([code, { reason, times }]) => {
    if (times.length === windows.length) return [{ code, reason }];
    return passages(times).map(([from, to]) => ({ code, reason, from, to }));
  });
}

function findingsWithin(
  known: Known,
  features: FilmFeatures,
  quantities: FilmQuantities,
  from: number,
  to: number,
): Finding[] {
  const findings: Finding[] = [];
  for (const [name, value] of Object.entries(quantitiesWithin(quantities, from, to)) as [
    Quantity,
    number,
  ][]) {
    const range = known.quantities[name];
    if (!range) continue;
    const [less, more] = words[name];
    const word = value < range[0] ? less : value > range[1] ? more : undefined;
    if (word)
      findings.push({ code: word.replace(' ', '-'), reason: `${word} than anything it was trained on` });
  }
  const distance = distanceFrom(known.features, featuresWithin(features, from, to));
  if (distance !== undefined && distance > known.farthest)
    findings.push({ code: 'unlike', reason: 'unlike anything it was trained on' });
  return findings;
}

/** Times that follow each other by a second, as stretches from first to last. */
function passages(times: readonly number[]): [number, number][] {
  const found: [number, number][] = [];
  for (const time of times) {
    const last = found.at(-1);
    if (last && time - last[1] <= 1) last[1] = time;
    else found.push([time, time]);
  }
  return found;
}
