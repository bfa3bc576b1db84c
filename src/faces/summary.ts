import { areaOf } from './boxes.ts';
import { expressionNames } from './expressions.ts';
import type { SeenFace } from './tracks.ts';

/** What is told of the faces in a frame, number by number. */
export const faceNumbers: readonly string[] = [
  ...expressionNames,
  'largest height',
  'count',
  'area',
  'is there a face',
];

/** More faces than this are as many as this. */
const mostCounted = 5;

/**
 * The faces of a frame in numbers, each 0 … 1: the expressions, a mean in which each face weighs as much as the area it
 * has in the picture; the height of the largest face over that of the picture; how many there are, of at most five; the
 * root of their share of the picture; and 1. Without any face all are 0, the last one too: that nobody is seen is a state
 * of its own, not a neutral face.
 */
export function summaryOf(
  faces: readonly SeenFace[],
  { width, height }: { readonly width: number; readonly height: number },
): Float32Array {
  const summary = new Float32Array(faceNumbers.length);
  const seen = faces.filter(({ box }) => areaOf(box) > 0);
  if (seen.length === 0) return summary;
  const total = seen.reduce((sum, { box }) => sum + areaOf(box), 0);
  for (const { box, expressions } of seen)
    for (let i = 0; i < expressionNames.length; i++) summary[i]! += (areaOf(box) / total) * expressions[i]!;
  summary.set(
    [
      Math.min(1, Math.max(...seen.map(({ box }) => box.bottom - box.top)) / height),
      Math.min(seen.length, mostCounted) / mostCounted,
      Math.sqrt(Math.min(1, total / (width * height))),
      1,
    ],
    expressionNames.length,
  );
  return summary;
}
