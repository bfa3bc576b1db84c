import { type Affect, dimensions, type Peak, peaksOf } from '../affect/index.ts';
import { type Quadrant, quadrantOf } from './quadrants.ts';
import { nearestWords } from './words.ts';

/** What a scene is, by where it lies on the plane. */
export interface SceneClass {
  quadrant: Quadrant;
  /** Whether its interval lies within the quadrant; nothing where there is no interval. */
  certain?: boolean;
  /** The other quadrants that its interval reaches into. */
  also: Quadrant[];
  /** The nearest emotion words, the nearest first. */
  words: string[];
}

/** Words that a scene is given. */
const wordsPerScene = 3;

/**
 * The quadrant of a point of the plane (−1 … 1) and the words nearest to it.
 *
 * @param uncertainty half the width of its interval in either direction.
 */
export function sceneClass(affect: Affect, uncertainty?: number): SceneClass {
  const quadrant = quadrantOf(affect);
  const words = nearestWords(affect, wordsPerScene);
  if (uncertainty === undefined) return { quadrant, also: [], words };
  const corners = [-1, 1].flatMap((v) =>
    [-1, 1].map((a) =>
      quadrantOf({ valence: affect.valence + v * uncertainty, arousal: affect.arousal + a * uncertainty }),
    ),
  );
  const also = [...new Set(corners)].filter((name) => name !== quadrant);
  return { quadrant, certain: also.length === 0, also, words };
}

/** A stretch of film that stands out. */
export interface Passage {
  kind: 'calm' | 'tense' | 'peak';
  /** Seconds. */
  from: number;
  to: number;
  /** Its mean, −1 … 1. */
  affect: Affect;
  /** Whether it stands out by more than the interval of its arousal; nothing where there is no interval. */
  certain?: boolean;
}

/** A point of a curve on the plane. */
export interface PlanePoint extends Affect {
  time: number;
  uncertainty?: number;
}

/** Standard deviations off the film's own mean at which a passage begins. */
const threshold = 0.8;
/** Seconds of the shortest passage: two windows, so that it is not one event alone. */
const shortest = 20;
/** Peaks of a film that are named, at most. */
const mostPeaks = 5;

/**
 * Calm passages: arousal at least 0.8 standard deviations of the film below its mean, for 20 seconds or more. Tense
 * ones: as much above it, and valence below the film's mean. Peaks: highs of arousal that stand out by a fifth of its
 * range. All are relative to the film, for how a film is graded and mixed shifts its whole curve.
 *
 * @returns in order of time; a peak may lie within a tense passage.
 */
export function passagesOf(curve: readonly PlanePoint[]): Passage[] {
  if (curve.length < 2) return [];
  const [valence, arousal] = dimensions.map((of) => statisticsOf(curve.map((point) => point[of])));
  if (arousal!.deviation < 1e-6) return [];
  const step = curve[1]!.time - curve[0]!.time;
  const peaks = peaksOf(
    curve.map((point) => (point.arousal - arousal!.mean) / arousal!.deviation),
    mostPeaks,
    Math.ceil(shortest / step),
  );
  return [
    ...stretchesOf(curve, step, valence!.mean, arousal!),
    ...peaks
      .filter(({ kind }) => kind === 'high')
      .map((peak) => peakAt(curve, peak, step, arousal!.deviation)),
  ].sort((a, b) => a.from - b.from || a.to - b.to);
}

/** The window of a peak: the ten seconds that its point stands for. */
function peakAt(
  curve: readonly PlanePoint[],
  { index, prominence }: Peak,
  step: number,
  deviation: number,
): Passage {
  const { time, uncertainty, ...affect } = curve[index]!;
  return {
    kind: 'peak',
    from: Math.max(time - shortest / 4, 0),
    to: Math.min(time + shortest / 4, curve.at(-1)!.time + step),
    affect,
    ...(uncertainty !== undefined && { certain: prominence * deviation > uncertainty }),
  };
}

function stretchesOf(
  curve: readonly PlanePoint[],
  step: number,
  meanValence: number,
  arousal: { mean: number; deviation: number },
): Passage[] {
  const kindOf = (point: PlanePoint): Passage['kind'] | undefined => {
    const height = (point.arousal - arousal.mean) / arousal.deviation;
    if (height <= -threshold) return 'calm';
    return height >= threshold && point.valence < meanValence ? 'tense' : undefined;
  };
  const passages: Passage[] = [];
  let begin = 0;
  for (let index = 1; index <= curve.length; index++) {
    const kind = kindOf(curve[begin]!);
    if (index < curve.length && kindOf(curve[index]!) === kind) continue;
    const points = curve.slice(begin, index);
    begin = index;
    if (!kind || points.length * step < shortest) continue;
    const affect = {
      valence: statisticsOf(points.map((point) => point.valence)).mean,
      arousal: statisticsOf(points.map((point) => point.arousal)).mean,
    };
    const widths = points.flatMap(({ uncertainty }) => uncertainty ?? []);
    const beyond = Math.abs(affect.arousal - arousal.mean) - threshold * arousal.deviation;
    passages.push({
      kind,
      from: points[0]!.time,
      to: points.at(-1)!.time + step,
      affect,
      ...(widths.length === points.length && { certain: beyond > statisticsOf(widths).mean }),
    });
  }
  return passages;
}

function statisticsOf(values: readonly number[]): { mean: number; deviation: number } {
  const mean = values.reduce((sum, value) => sum + value, 0) / values.length;
  const variance = values.reduce((sum, value) => sum + (value - mean) ** 2, 0) / values.length;
  return { mean, deviation: Math.sqrt(variance) };
}
