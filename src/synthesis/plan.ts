import type { ClipSet, LirisClip, LirisFilm } from '../datasets/index.ts';
import { InputError } from '../support/errors.ts';
import { Random } from '../support/random.ts';
import { derivedSeed, frameRateOf, meanAffect, planFilm, type SyntheticFilm } from './film.ts';
import { simulateLabels } from './labels.ts';

/** What a synthetic data set is made from; the same options give the same set. */
export interface SynthesisOptions {
  readonly films: number;
  readonly clips: number;
  readonly seed: number;
  /** Whether faces are seen in most of its films; none are unless told. */
  readonly faces?: boolean | undefined;
}

/** Where a clip lies in its film: frame numbers at the film's own rate, the last one included. */
export interface FilmExcerpt {
  readonly name: string;
  readonly film: number;
  readonly start: number;
  readonly end: number;
}

export const license = 'Synthetic film rendered by affectline; no recording, no real label';

/** 'SYNTHETIC00017.mp4' */
function clipName(id: number): string {
  return `SYNTHETIC${String(id).padStart(5, '0')}.mp4`;
}

/** The clips of every film: 8 to 12 s each, one after the other with gaps of up to 4 s. */
export function planExcerpts(options: SynthesisOptions): { excerpts: FilmExcerpt[]; lengths: number[] } {
  checkOptions(options);
  const { films, clips, seed } = options;
  const random = Random.seeded(derivedSeed(seed, -1));
  const excerpts: FilmExcerpt[] = [];
  const lengths: number[] = [];
  for (let film = 0; film < films; film++) {
    const count = Math.floor(((film + 1) * clips) / films) - Math.floor((film * clips) / films);
    const frameRate = frameRateOf(seed, film);
    let frame = 0;
    for (let i = 0; i < count; i++) {
      const start = frame + random.integer(Math.round(4 * frameRate));
      const end = start + (8 + 4 * random.uniform()) * frameRate;
      excerpts.push({ name: clipName(excerpts.length), film, start, end: Math.round(end) - 1 });
      frame = Math.round(end);
    }
    lengths.push(frame / frameRate + 1);
  }
  return { excerpts, lengths };
}

/** Films, clips and simulated labels, as the annotation files of LIRIS-ACCEDE state them. */
export function planAnnotations(options: SynthesisOptions): {
  clips: LirisClip[];
  films: LirisFilm[];
  planned: SyntheticFilm[];
} {
  const { excerpts, lengths } = planExcerpts(options);
  const planned = lengths.map((length, film) => planFilm(options.seed, film, length, options.faces));
  const truth = excerpts.map(({ film, start, end }) => {
    const { frameRate } = planned[film]!.style;
    return meanAffect(planned[film]!, start / frameRate, (end + 1) / frameRate);
  });
  const label = (dimension: 'valence' | 'arousal', number: number) =>
    simulateLabels(
      truth.map((affect) => affect[dimension]),
      derivedSeed(options.seed, -2, number),
    );
  const valence = label('valence', 0);
  const arousal = label('arousal', 1);
  const sets = setsOf(options);
  const clips = excerpts.map(({ name, film, start, end }, id): LirisClip => {
    const [v, a] = [valence[id]!, arousal[id]!];
    return {
      id: String(id),
      name,
      film: planned[film]!.name,
      set: sets[film]!,
      start,
      end,
      valence: v.score,
      arousal: a.score,
      valenceRank: v.rank,
      arousalRank: a.rank,
      valenceVariance: v.variance,
      arousalVariance: a.variance,
      license: license,
    };
  });
  const films = planned.map(
    ({ name, length }, film): LirisFilm => ({
      name,
      title: name.replaceAll('_', ' '),
      license: license,
      credits: 'affectline dataset synthesize',
      genre: 'Synthetic',
      language: 'none',
      length,
      excerpts: excerpts.filter((excerpt) => excerpt.film === film).length,
    }),
  );
  return { clips, films, planned };
}

/** Of every twenty films, about eleven to learn from, four to validate, five to test. */
function setsOf({ films, seed }: SynthesisOptions): ClipSet[] {
  const order = Random.seeded(derivedSeed(seed, -3)).shuffled(
    Array.from({ length: films }, (_, film) => film),
  );
  const test = Math.max(1, Math.round(films * 0.25));
  const validation = Math.max(1, Math.round(films * 0.2));
  const sets = new Array<ClipSet>(films).fill('train');
  order.forEach((film, i) => {
    if (i < test) sets[film] = 'test';
    else if (i < test + validation) sets[film] = 'validation';
  });
  return sets;
}

function checkOptions({ films, clips, seed }: SynthesisOptions): void {
  if (!Number.isInteger(films) || films < 3 || films > 1000)
    throw new InputError(`${films} films cannot be synthesized; 3 to 1000 expected`);
  if (!Number.isInteger(clips) || clips < films || clips > 99_999)
    throw new InputError(
      `${clips} clips cannot be synthesized; one for each of the ${films} films to 99999 expected`,
    );
  if (!Number.isInteger(seed) || seed !== (seed | 0))
    throw new InputError(`seed ${seed}: a whole number of 32 bits expected`);
}
