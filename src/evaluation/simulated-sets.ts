// Data sets whose true figures are known, to measure what intervals promise.
import type { LabeledClip } from '../datasets/index.ts';
import { Random } from '../support/random.ts';
import type { Prediction } from './prediction.ts';

interface Kind {
  readonly clips: (random: Random) => number;
  /** Shares of the variance of labels and of errors that a film's clips have in common. */
  readonly labelsOfFilm: number;
  readonly errorsOfFilm: number;
  /** How much of a label's deviation the prediction follows. */
  readonly slope: number;
  readonly noise: number;
  /** Standard deviation of the logarithm of a film's own noise. */
  readonly unevenness: number;
}

/** Kinds of data sets: errors that are partly the film's, films of unequal length, films of unequal difficulty. */
export const simulatedKinds: Readonly<Record<string, Kind>> = {
  'errors partly the film’s': {
    clips: () => 10,
    labelsOfFilm: 0,
    errorsOfFilm: 0.3,
    slope: 1,
    noise: 0.5,
    unevenness: 0,
  },
  'errors mostly the film’s': {
    clips: () => 10,
    labelsOfFilm: 0,
    errorsOfFilm: 0.6,
    slope: 1,
    noise: 0.5,
    unevenness: 0,
  },
  'films of unequal length': {
    clips: (random) => 5 + random.integer(35),
    labelsOfFilm: 0.3,
    errorsOfFilm: 0.3,
    slope: 0.4,
    noise: 0.4,
    unevenness: 0.3,
  },
};

/** Clips and predictions of one kind; valence alone means something. */
export function simulatedSet(
  kind: string,
  films: number,
  seed: number,
): { clips: LabeledClip[]; predictions: Prediction[] } {
  const { clips: clipsOf, labelsOfFilm, errorsOfFilm, slope, noise, unevenness } = simulatedKinds[kind]!;
  const random = Random.seeded(seed);
  const clips: LabeledClip[] = [];
  const predictions: Prediction[] = [];
  const mixed = (share: number, common: number) =>
    Math.sqrt(share) * common + Math.sqrt(1 - share) * random.normal();
  for (let film = 0; film < films; film++) {
    const [mood, fault] = [random.normal(), random.normal()];
    const scale = noise * Math.exp(unevenness * random.normal());
    const count = clipsOf(random);
    for (let i = 0; i < count; i++) {
      const id = `${film}-${i}`;
      const deviation = 0.6 * mixed(labelsOfFilm, mood);
      const predicted = 3 + slope * deviation + scale * mixed(errorsOfFilm, fault);
      clips.push({
        id,
        name: id,
        path: `/${id}`,
        film: `film ${film}`,
        valence: 3 + deviation,
        arousal: 3 + deviation,
      });
      predictions.push({ id, valence: predicted, arousal: predicted });
    }
  }
  return { clips, predictions };
}
