import { InputError } from '../support/errors.ts';
import { grouped } from '../support/grouped.ts';
import { Random } from '../support/random.ts';
import type { LabeledClip } from './clip.ts';

/**
 * Clips to learn from, to stop by, to calibrate on, and to measure with. No clip is in two of them, but that the paper's own
 * split is measured on the clips that training is stopped by.
 */
export interface Split {
  readonly name: string;
  readonly train: readonly LabeledClip[];
  readonly validation: readonly LabeledClip[];
  /** Of films that neither train, nor stop the training, nor test; empty where there are too few films, or films are not apart. */
  readonly calibration: readonly LabeledClip[];
  readonly test: readonly LabeledClip[];
  /** No film has clips in two parts; otherwise labels leak from neighboring clips. */
  readonly filmDisjoint: boolean;
}

const shareOfValidation = 0.1;
/** Of the films that do not test; beside as many that stop the training. */
const shareOfCalibration = 0.1;
/** With fewer films than this that do not test, none is spared for calibration. */
const fewestFilms = 8;
/** Draws which validation films of an official split calibrate: the same for everybody. */
const officialSeed = 2018;

/**
 * The split of Kim & Lee 2018: three quarters of all clips to learn from (7,350 of 9,800), a quarter to validate (2,450),
 * whatever their films. The paper names no other clips: figures are of those that training is stopped by, too, and
 * flatter.
 */
export function paperSplit(clips: readonly LabeledClip[], seed: number): Split {
  const order = Random.seeded(seed).shuffled(clips);
  const held = Math.round(clips.length / 4);
  const validation = order.slice(0, held);
  return finished('paper', { train: order.slice(held), validation, calibration: [], test: validation });
}

/** The clips whose labels may be known to what is tested: those that train or validate, and do not test. */
export function knownClips({ train, validation, test }: Split): LabeledClip[] {
  // of two data sets, clips may have the same id
  const keyOf = ({ id, path }: LabeledClip) => `${id} ${path}`;
  const tested = new Set(test.map(keyOf));
  return [...train, ...validation].filter((clip) => !tested.has(keyOf(clip)));
}

/**
 * Random clips with a test of its own: the paper's quarter of all clips for the test (2,450 of 9,800), whatever their
 * films; a tenth of the rest is set apart to stop training by.
 */
export function randomSplit(clips: readonly LabeledClip[], seed: number): Split {
  const order = Random.seeded(seed).shuffled(clips);
  const test = Math.round(clips.length / 4);
  const validation = Math.round((clips.length - test) * shareOfValidation);
  return finished('random', {
    train: order.slice(test + validation),
    validation: order.slice(test, test + validation),
    calibration: [],
    test: order.slice(0, test),
  });
}

/**
 * The official split of LIRIS-ACCEDE, no film in two parts: 2,450 clips of 40 films to learn, as many to validate,
 * 4,900 of 80 films to test. Half of the films to validate calibrate instead, where there are eight or more.
 *
 * @throws InputError when a clip has no set.
 */
export function officialSplit(clips: readonly LabeledClip[]): Split {
  refuseWithoutSet(clips);
  const members = (set: LabeledClip['set']) => clips.filter((clip) => clip.set === set);
  const held = members('validation');
  const films = Random.seeded(officialSeed).shuffled([...new Set(held.map((clip) => clip.film))]);
  const spared = new Set(films.length < fewestFilms ? [] : films.slice(0, Math.floor(films.length / 2)));
  return finished('official', {
    train: members('train'),
    validation: held.filter(({ film }) => !spared.has(film)),
    calibration: held.filter(({ film }) => spared.has(film)),
    test: members('test'),
  });
}

/**
 * A quarter of the films to test with, a tenth of the others to validate, another tenth to calibrate (none where fewer
 * than eight are left), the rest to learn from.
 */
export function filmSplit(clips: readonly LabeledClip[], seed: number): Split {
  const films = Random.seeded(seed).shuffled([...new Set(clips.map((clip) => clip.film))]);
  if (films.length < 3) throw new InputError(`${films.length} films; a split by film needs at least 3`);
  const test = Math.max(1, Math.round(films.length / 4));
  const validation = Math.max(1, Math.round((films.length - test) * shareOfValidation));
  const others = films.length - test;
  const calibration = others < fewestFilms ? 0 : Math.max(1, Math.round(others * shareOfCalibration));
  const held = test + validation;
  return byFilms('films', clips, {
    train: films.slice(held + calibration),
    validation: films.slice(test, held),
    calibration: films.slice(held, held + calibration),
    test: films.slice(0, test),
  });
}

/**
 * Each film is tested once: `count` splits whose tests share the films out, the next fold's films validate, and from four
 * folds on those of the one after it calibrate.
 */
export function filmFolds(clips: readonly LabeledClip[], count: number, seed: number): Split[] {
  const films = Random.seeded(seed).shuffled([...new Set(clips.map((clip) => clip.film))]);
  if (count < 3 || count > films.length)
    throw new InputError(`${count} folds of ${films.length} films; 3 to ${films.length} expected`);
  const folds = Array.from({ length: count }, (_, fold) => films.filter((_, i) => i % count === fold));
  return folds.map((test, fold) => {
    const validation = folds[(fold + 1) % count]!;
    const calibration = count > 3 ? folds[(fold + 2) % count]! : [];
    const held = new Set([...test, ...validation, ...calibration]);
    const train = films.filter((film) => !held.has(film));
    return byFilms(`fold ${fold + 1} of ${count}`, clips, { train, validation, calibration, test });
  });
}

/**
 * The official test films to test, the others drawn anew: of 80, 64 to learn from, and 16 of which half stop the training
 * and half calibrate. What is published of 64, 16 and 80 films calibrates nothing and is stopped by all 16.
 *
 * @throws InputError when a clip has no set.
 */
export function officialTestSplit(clips: readonly LabeledClip[], seed: number): Split {
  refuseWithoutSet(clips);
  return testSetSplit('64-16-80', clips, seed, 0.2);
}

/**
 * The clips of the set 'test' to test, however many films; the other films drawn: a share of them held, of which half
 * stop the training and half calibrate (all stop it where fewer than eight films do not test), the rest to learn from.
 */
export function testSetSplit(
  name: string,
  clips: readonly LabeledClip[],
  seed: number,
  heldShare: number = shareOfValidation + shareOfCalibration,
): Split {
  const others = clips.filter(({ set }) => set !== 'test');
  const films = Random.seeded(seed).shuffled([...new Set(others.map(({ film }) => film))]);
  const held = Math.max(2, Math.round(films.length * heldShare));
  const calibration = films.length < fewestFilms ? 0 : Math.floor(held / 2);
  const partOf = new Map(
    films.map((film, i) => [film, i < calibration ? 'calibration' : i < held ? 'validation' : 'train']),
  );
  const members = (part: string) => others.filter(({ film }) => partOf.get(film) === part);
  return finished(name, {
    train: members('train'),
    validation: members('validation'),
    calibration: members('calibration'),
    test: clips.filter(({ set }) => set === 'test'),
  });
}

function refuseWithoutSet(clips: readonly LabeledClip[]): void {
  const without = clips.find((clip) => clip.set === undefined);
  if (without) throw new InputError(`clip '${without.id}' is in no set of an official split`);
}

type Parts<Of> = Readonly<Record<'train' | 'validation' | 'calibration' | 'test', readonly Of[]>>;

function byFilms(name: string, clips: readonly LabeledClip[], films: Parts<string>): Split {
  const membersOf = (names: readonly string[]) => {
    const members = new Set(names);
    return clips.filter((clip) => members.has(clip.film));
  };
  return finished(name, {
    train: membersOf(films.train),
    validation: membersOf(films.validation),
    calibration: membersOf(films.calibration),
    test: membersOf(films.test),
  });
}

function finished(name: string, { train, validation, calibration, test }: Parts<LabeledClip>): Split {
  for (const [part, members] of Object.entries({ train, validation, test }))
    if (members.length === 0) throw new InputError(`the ${name} split leaves no clip to ${part}`);
  const partOf = [train, validation, calibration, test].flatMap((members, part) =>
    members.map(({ film }) => ({ film, part })),
  );
  const filmDisjoint = [...grouped(partOf, ({ film }) => film).values()].every((same) =>
    same.every(({ part }) => part === same[0]!.part),
  );
  return { name, train, validation, calibration, test, filmDisjoint };
}
