import { relative } from 'node:path';
import { mean, metricsOf, variance } from '../affect/index.ts';
import { grouped } from '../support/grouped.ts';
import type { LabeledClip } from './clip.ts';
import { Folder } from './folder.ts';
import type { DataSet } from './formats/format.ts';
import { lirisLayout } from './layout.ts';
import type { Problem } from './problems.ts';
import { problemText } from './problems.ts';
import { annotationsIn, clipFiles, complete } from './read.ts';

/** What `affectline dataset check` says about a folder. */
export interface CheckReport {
  readonly folder: string;
  readonly format: string;
  readonly synthetic: boolean;
  readonly files: readonly string[];
  readonly clips: number;
  readonly films: number;
  readonly valence: ScoreSummary | undefined;
  readonly arousal: ScoreSummary | undefined;
  /** Pearson's r between the two. */
  readonly correlation: number | undefined;
  readonly splits: readonly { set: string; clips: number; films: number }[];
  /** Films with clips in more than one part of the official split. */
  readonly filmsAcrossSplits: readonly string[];
  /** Clips that share frames with the clip before them in their film. */
  readonly overlaps: number;
  readonly missing: number;
  readonly empty: number;
  readonly problemCount: number;
  /** The first of the problems; missing and empty clips among them. */
  readonly problems: readonly Problem[];
  /** Everything needed for training is there and readable. */
  readonly usable: boolean;
}

/** What the scores of one dimension are like. */
export interface ScoreSummary {
  readonly lowest: number;
  readonly highest: number;
  readonly mean: number;
  readonly variance: number;
}

/** @throws InputError when the folder holds no annotations known here. */
export function checkDataSet(path: string, format?: string): CheckReport {
  return inspectDataSet(path, format).report;
}

/**
 * Reads a data set once, to say what it holds and then to use it.
 *
 * @returns `open` gives the data set, or throws as `openDataSet` does.
 * @throws InputError when the folder holds no annotations known here.
 */
export function inspectDataSet(path: string, format?: string): { report: CheckReport; open: () => DataSet } {
  const folder = new Folder(path);
  const dataSet = annotationsIn(folder, format);
  const files = clipFiles(folder, dataSet.clips);
  return { report: reportOf(folder, dataSet, files), open: () => complete(path, dataSet, files) };
}

function reportOf(
  folder: Folder,
  dataSet: DataSet,
  { missing, empty }: ReturnType<typeof clipFiles>,
): CheckReport {
  const { clips, problems } = dataSet;
  for (const link of folder.linksOutside)
    problems.add(link, undefined, "is a link out of the data set's folder, or to nothing, and not followed");
  for (const clip of missing) problems.add(relative(folder.root, clip.path), undefined, 'is missing');
  for (const clip of empty) problems.add(relative(folder.root, clip.path), undefined, 'is empty');

  const valence = clips.map((clip) => clip.valence);
  const arousal = clips.map((clip) => clip.arousal);
  const sets = grouped(
    clips.filter((clip) => clip.set !== undefined),
    (clip) => clip.set!,
  );
  return {
    folder: folder.root,
    format: dataSet.format,
    synthetic: dataSet.synthetic,
    files: dataSet.files,
    clips: clips.length,
    films: filmCount(clips),
    valence: summaryOf(valence),
    arousal: summaryOf(arousal),
    correlation: correlationOf(valence, arousal),
    splits: (['train', 'validation', 'test'] as const).flatMap((set) => {
      const members = sets.get(set);
      return members ? [{ set, clips: members.length, films: filmCount(members) }] : [];
    }),
    filmsAcrossSplits: [...filmsOf(clips)]
      .filter(([, members]) => new Set(members.map(({ set }) => set)).size > 1)
      .map(([film]) => film),
    overlaps: overlapCount(clips),
    missing: missing.length,
    empty: empty.length,
    problemCount: problems.count,
    problems: problems.first,
    usable: problems.count === 0 && clips.length > 0,
  };
}

/** The report for a person to read. */
export function checkText(report: CheckReport): string {
  const lines = [
    `${report.folder}: ${report.format}${report.synthetic ? ', synthetic films' : ''}`,
    `annotations  ${report.files.join(', ')}`,
    `clips        ${report.clips} from ${report.films} films; ${report.missing} missing, ${report.empty} empty`,
  ];
  for (const name of ['valence', 'arousal'] as const) {
    const summary = report[name];
    if (summary)
      lines.push(
        `${name}      ${summary.lowest.toFixed(3)} to ${summary.highest.toFixed(3)}, ` +
          `mean ${summary.mean.toFixed(3)}, variance ${summary.variance.toFixed(3)}`,
      );
  }
  if (report.correlation !== undefined)
    lines.push(`both         correlated with r ${report.correlation.toFixed(2)}`);
  for (const { set, clips, films } of report.splits)
    lines.push(`${set.padEnd(12)} ${clips} clips from ${films} films`);
  if (report.filmsAcrossSplits.length > 0)
    lines.push(`warning      films in more than one set: ${report.filmsAcrossSplits.slice(0, 5).join(', ')}`);
  lines.push(`overlaps     ${report.overlaps} clips share frames with the one before`);
  if (report.problemCount === 0) lines.push('problems     none');
  else {
    lines.push(`problems     ${report.problemCount}`);
    lines.push(...report.problems.slice(0, 40).map((problem) => `  ${problemText(problem)}`));
    const more = report.problemCount - Math.min(40, report.problems.length);
    if (more > 0) lines.push(`  … and ${more} more`);
  }
  if (report.missing === report.clips && report.clips > 0 && report.format === 'liris-accede')
    lines.push(`The clips are expected in ${lirisLayout.clips}/.`);
  return `${lines.join('\n')}\n`;
}

function filmsOf(clips: readonly LabeledClip[]): Map<string, LabeledClip[]> {
  return grouped(clips, (clip) => clip.film);
}

function filmCount(clips: readonly LabeledClip[]): number {
  return new Set(clips.map((clip) => clip.film)).size;
}

function overlapCount(clips: readonly LabeledClip[]): number {
  let count = 0;
  for (const members of filmsOf(clips).values()) {
    const placed = members.filter((clip) => clip.start !== undefined && clip.end !== undefined);
    placed.sort((a, b) => a.start! - b.start!);
    let end = -Infinity;
    for (const clip of placed) {
      if (clip.start! <= end) count++;
      end = Math.max(end, clip.end!);
    }
  }
  return count;
}

function summaryOf(values: readonly number[]): ScoreSummary | undefined {
  if (values.length === 0) return undefined;
  return {
    lowest: values.reduce((a, b) => Math.min(a, b)),
    highest: values.reduce((a, b) => Math.max(a, b)),
    mean: mean(values),
    variance: variance(values),
  };
}

function correlationOf(a: readonly number[], b: readonly number[]): number | undefined {
  const r = a.length < 2 ? Number.NaN : metricsOf(a, b).r;
  return Number.isNaN(r) ? undefined : r;
}
