// How the answers of BlazeFace are read (Bazarevsky, Kartynnik, Vakunov, Raveendran & Grundmann 2019, "BlazeFace:
// Sub-millisecond neural face detection on mobile GPUs", sections 3.3 and 3.4).
import { type Box, overlap } from './boxes.ts';

/** A face found in a picture. */
export interface DetectedFace extends Box {
  /** How sure the detector is, 0 … 1. */
  readonly score: number;
  /** How far the line of the eyes is turned clockwise, in radians. */
  readonly angle: number;
}

/** Numbers that are given for each anchor: middle, width and height of the box, and six points of the face. */
export const anchorNumbers = 16;

/**
 * The middles of the anchors, all of one size, in pixels of the network's input: two for each place of a grid of 16×16,
 * then six for each of a grid of 8×8, in which the paper gathers those of the coarser layers (section 3.3).
 */
export function anchorsOf(side: number): { readonly x: number; readonly y: number }[] {
  const grid = (places: number, each: number) =>
    Array.from({ length: places * places * each }, (_, i) => {
      const place = Math.floor(i / each);
      const step = side / places;
      return { x: ((place % places) + 0.5) * step, y: (Math.floor(place / places) + 0.5) * step };
    });
  return [...grid(16, 2), ...grid(8, 6)];
}

/** Faces that overlap by more are one. */
const sameFace = 0.3;

/**
 * The faces that a network of side × side has found, surest first, in pixels of its input.
 *
 * Boxes that overlap are not suppressed but blended, each by its score, which halves how much a face trembles from frame
 * to frame (section 3.4).
 *
 * @param scores of the anchors, before the logistic function.
 * @param numbers `anchorNumbers` of each, in pixels from the anchor's middle.
 * @param least score of a face.
 */
export function readFaces(
  scores: Float32Array,
  numbers: Float32Array,
  side: number,
  least: number,
): DetectedFace[] {
  const found = anchorsOf(side).flatMap((anchor, i): Candidate[] => {
    const score = 1 / (1 + Math.exp(-scores[i]!));
    if (!(score >= least)) return [];
    const own = numbers.subarray(i * anchorNumbers, (i + 1) * anchorNumbers);
    const points = Float64Array.from(own, (value, k) => value + (k % 2 === 0 ? anchor.x : anchor.y));
    // the width and height are no points
    points[2] = own[2]!;
    points[3] = own[3]!;
    return [{ score, points, ...boxOf(points) }];
  });
  const left = found.sort((a, b) => b.score - a.score);
  const faces: DetectedFace[] = [];
  while (left.length > 0) {
    const [first] = left as [Candidate];
    const same = left.filter((other) => other === first || overlap(first, other) > sameFace);
    const total = same.reduce((sum, { score }) => sum + score, 0);
    const points = first.points.map((_, k) =>
      same.reduce((sum, { score, points: own }) => sum + (score / total) * own[k]!, 0),
    );
    // the right eye of the face, on the left of the picture, comes first, then the left one
    const angle = Math.atan2(points[7]! - points[5]!, points[6]! - points[4]!);
    faces.push({ score: first.score, angle, ...boxOf(points) });
    const rest = left.filter((other) => !same.includes(other));
    left.splice(0, left.length, ...rest);
  }
  return faces;
}

interface Candidate extends Box {
  readonly score: number;
  readonly points: Float64Array;
}

function boxOf([x, y, width, height]: Float64Array): Box {
  const [across, along] = [Math.max(0, width!) / 2, Math.max(0, height!) / 2];
  return { left: x! - across, top: y! - along, right: x! + across, bottom: y! + along };
}
