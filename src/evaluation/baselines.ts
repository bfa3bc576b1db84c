// Predictions that never look at a video. A model that is no better than these has learned nothing from one.
import { mean } from '../affect/index.ts';
import { knownClips, type LabeledClip, type Protocol, testedClips } from '../datasets/index.ts';
import { grouped } from '../support/grouped.ts';
import { evaluate } from './evaluate.ts';
import { type Dimension, dimensions, type Prediction } from './prediction.ts';
import { leastSquares } from './ridge.ts';

/** Clips to learn labels from; and clips to predict, whose labels are not looked at. */
export type Baseline = (known: readonly LabeledClip[], clips: readonly LabeledClip[]) => Prediction[];

/** The mean of the known labels, for every clip. */
export const constant: Baseline = (known, clips) => {
  const [valence, arousal] = dimensions.map((dimension) => mean(known.map((clip) => clip[dimension])));
  return clips.map(({ id }) => ({ id, valence: valence!, arousal: arousal! }));
};

const positionDegree = 3;

/** A polynomial of third degree of how far into its film a clip begins, 0 … 1. */
export const positionInFilm: Baseline = (known, clips) => {
  const positions = relativePositions([...known, ...clips]);
  const curves = dimensions.map((dimension) =>
    polynomialFit(
      known.map((clip) => positions.get(clip)!),
      known.map((clip) => clip[dimension]),
    ),
  );
  const at = (curve: readonly number[], x: number) => curve.reduceRight((sum, factor) => sum * x + factor, 0);
  return clips.map((clip) => {
    const [valence, arousal] = curves.map((curve) => at(curve, positions.get(clip)!));
    return { id: clip.id, valence: valence!, arousal: arousal! };
  });
};

const neighborCount = 4;

/**
 * The mean label of the nearest known clips of the same film, drawn toward the mean of all known labels as much as
 * pays off among the known clips; the mean of all where a film has no known clip.
 * On a split by film this is the constant; on a random split it shows how much leaks from film to film.
 */
export const neighborsLabels: Baseline = (known, clips) => {
  const films = grouped(known, (clip) => clip.film);
  const of = (dimension: Dimension) => {
    const overall = mean(known.map((clip) => clip[dimension]));
    const neighborMean = (clip: LabeledClip): number | undefined => {
      const near = (films.get(clip.film) ?? [])
        .filter((other) => other !== clip)
        .map((other) => ({ label: other[dimension], distance: Math.abs(placeOf(other) - placeOf(clip)) }))
        .sort((a, b) => a.distance - b.distance)
        .slice(0, neighborCount);
      return near.length > 0 ? mean(near.map(({ label }) => label)) - overall : undefined;
    };
    let [products, squares] = [0, 0];
    for (const clip of known) {
      const deviation = neighborMean(clip) ?? 0;
      products += deviation * (clip[dimension] - overall);
      squares += deviation ** 2;
    }
    const trust = squares > 0 ? products / squares : 0;
    return (clip: LabeledClip) => overall + trust * (neighborMean(clip) ?? 0);
  };
  const [valence, arousal] = dimensions.map(of);
  return clips.map((clip) => ({ id: clip.id, valence: valence!(clip), arousal: arousal!(clip) }));
};

/** The baselines that see no video, by their names. */
export const baselines: Readonly<Record<string, Baseline>> = {
  constant,
  'position in film': positionInFilm,
  "neighbors' labels": neighborsLabels,
};

/** Correlation that the labels of neighboring clips alone reach, without any video. */
export interface LeakTest {
  readonly split: string;
  readonly filmDisjoint: boolean;
  /** 0 where the prediction is constant: no film of the test is known. */
  readonly valence: number;
  readonly arousal: number;
}

/** Runs `neighborsLabels` on a split, or on each of several. */
export function leakTest(protocol: Protocol): LeakTest {
  const { name, splits } = protocol;
  const guesses = splits.flatMap((split) => neighborsLabels(knownClips(split), split.test));
  const { valence, arousal } = evaluate(testedClips(protocol), guesses);
  const filmDisjoint = splits.every((split) => split.filmDisjoint);
  return { split: name, filmDisjoint, valence: valence.r || 0, arousal: arousal.r || 0 };
}

/** What the leak test says, for a reader of the results. */
export function leakText({ split, filmDisjoint, valence, arousal }: LeakTest): string {
  const figures = `r ${valence.toFixed(2)} valence, ${arousal.toFixed(2)} arousal`;
  if (filmDisjoint)
    return `Leak test, ${split} split: neighbors' labels alone reach ${figures}; no film is in two parts.`;
  const verdict =
    Math.max(valence, arousal) > 0.1
      ? 'so that much of any result here is not understanding of video'
      : 'but here that gives little away';
  return (
    `Leak test, ${split} split: neighbors' labels alone, without any video, reach ${figures}. ` +
    `Clips of one film are in both training and test, ${verdict}.`
  );
}

const placeOf = (clip: LabeledClip) => clip.start ?? Number(/\d+/.exec(clip.name)?.[0] ?? 0);

/** 0 for the first clip of a film, 1 for its last. */
function relativePositions(clips: readonly LabeledClip[]): Map<LabeledClip, number> {
  const positions = new Map<LabeledClip, number>();
  for (const members of grouped(clips, (clip) => clip.film).values()) {
    const places = members.map(placeOf);
    const first = places.reduce((a, b) => Math.min(a, b));
    const last = places.reduce((a, b) => Math.max(a, b));
    members.forEach((clip, i) => {
      positions.set(clip, last > first ? (places[i]! - first) / (last - first) : 0.5);
    });
  }
  return positions;
}

/** Factors of 1, x, x², …, by least squares. */
function polynomialFit(x: readonly number[], y: readonly number[]): number[] {
  return leastSquares(
    x.map((place) => Array.from({ length: positionDegree + 1 }, (_, power) => place ** power)),
    y,
    1e-9 * x.length,
  );
}
