import { InputError } from '../support/errors.ts';
import type { LabeledClip } from './clip.ts';
import { Folder } from './folder.ts';
import type { DataSet } from './formats/format.ts';
import { mediaEval2016 } from './formats/mediaeval2016.ts';
import { openDataSet } from './read.ts';
import {
  filmFolds,
  filmSplit,
  officialSplit,
  officialTestSplit,
  paperSplit,
  randomSplit,
  type Split,
  testSetSplit,
} from './splits.ts';

/** Splits that are asked for by name; `folds:K` beside them. */
export const splitNames = [
  'film-disjoint',
  'official',
  '64-16-80',
  'random',
  'paper',
  'mediaeval-2016',
] as const;

/** The name of a split, or of K of them that together test every film once. */
export type SplitName = (typeof splitNames)[number] | `folds:${number}`;

/** What is trained and tested under one name: one split, or several whose tests share all films out. */
export interface Protocol {
  readonly name: string;
  readonly splits: readonly Split[];
}

/** Whether a name is `folds:K`. */
export function isFolds(name: string): name is `folds:${number}` {
  return /^folds:\d{1,4}$/.test(name);
}

/** A split by itself. */
export function protocolOf(split: Split): Protocol {
  return { name: split.name, splits: [split] };
}

/** All clips that are tested, split after split. */
export function testedClips({ splits }: Protocol): LabeledClip[] {
  return splits.flatMap(({ test }) => test);
}

/** The splits that a name stands for. @throws InputError when the clips do not allow it. */
export function protocolNamed(name: SplitName, clips: readonly LabeledClip[], seed: number): Protocol {
  if (!isFolds(name)) return protocolOf(splitNamed(name, clips, seed));
  return { name, splits: filmFolds(clips, Number(name.slice('folds:'.length)), seed) };
}

/**
 * The one split of a name: `film-disjoint` takes the official sets where all clips have one, else draws films.
 *
 * @throws InputError when it stands for several, or the clips do not allow it.
 */
export function splitNamed(name: SplitName, clips: readonly LabeledClip[], seed: number): Split {
  if (isFolds(name))
    throw new InputError(
      `${name} are several splits, which affectline reproduce trains; here one is expected`,
    );
  if (name === 'official') return officialSplit(clips);
  if (name === '64-16-80') return officialTestSplit(clips, seed);
  if (name === 'paper') return paperSplit(clips, seed);
  if (name === 'random') return randomSplit(clips, seed);
  if (name === 'mediaeval-2016') return testSetSplit(name, clips, seed);
  return clips.every((clip) => clip.set !== undefined) ? officialSplit(clips) : filmSplit(clips, seed);
}

/**
 * The data set as a split needs it: for `mediaeval-2016` with the 1,200 clips of MediaEval 2016, which stand in the same
 * folder, as its test, and all others outside of it.
 *
 * @throws InputError when they are not there.
 */
export function dataSetFor(name: SplitName, dataSet: DataSet): DataSet {
  if (name !== 'mediaeval-2016') return dataSet;
  const test = mediaEvalBeside(dataSet);
  if (!test)
    throw new InputError(
      `the split mediaeval-2016 learns from one data set and is tested on the clips of MediaEval 2016; '${dataSet.root}' does not hold both`,
    );
  return {
    ...dataSet,
    clips: [
      ...dataSet.clips.map((clip) => ({ ...clip, set: 'train' as const })),
      ...test.clips.map((clip) => ({ ...clip, set: 'test' as const })),
    ],
    files: [...dataSet.files, ...test.files],
  };
}

/** The clips of MediaEval 2016 that stand in the folder of another data set, if they do. @throws InputError as `openDataSet`. */
export function mediaEvalBeside({ root, format }: DataSet): DataSet | undefined {
  if (format === mediaEval2016.name || !mediaEval2016.recognizes(new Folder(root))) return undefined;
  return openDataSet(root, mediaEval2016.name);
}
