// What is said of heads over time: tables, whether the goal is reached, and every curve by the second.
import { join } from 'node:path';
import { stringify } from 'csv-stringify/sync';
import { dimensions } from '../../affect/index.ts';
import { formatTable, type Table, tableFormats } from '../../evaluation/index.ts';
import { writeAtomically } from '../../support/files.ts';
import { makeFolder } from '../../support/folders.ts';
import type { HeadFinding } from './leave-films-out.ts';
import type { RatedFilmSeconds } from './rated-films.ts';

/** CCC that a head over time is to be better by, in both dimensions, and how sure that has to be. */
export const curveGoal = { ccc: 0.03, p: 0.05 } as const;

/** Every predictor's figures, mean ± deviation over films. */
export function headTable(findings: readonly HeadFinding[], title: string): Table {
  return {
    title,
    columns: [
      { name: 'predictor' },
      ...dimensions.flatMap((dimension) => [
        { name: `${dimension} CCC` },
        { name: 'all seconds' },
        { name: 'r' },
        { name: 'MSE' },
      ]),
    ],
    rows: findings.map(({ name, figures }) => [
      name,
      ...dimensions.flatMap((dimension) => {
        const { ccc, r, mse, pooled } = figures[dimension];
        const cell = ({ mean, deviation }: typeof ccc) => ({ value: mean, deviation });
        return [cell(ccc), pooled.ccc, cell(r), cell(mse)];
      }),
    ]),
    notes: [
      'Mean ± standard deviation over films, each predicted by what was fitted without it; "all seconds" is the CCC of all seconds of all films together. Width, lag and scale of the baselines are chosen on the films that the heads learned from and were stopped by.',
    ],
  };
}

/** By how much the heads over time are better than the best baseline, and whether the goal is reached. */
export function readingOfHeads(findings: readonly HeadFinding[]): string[] {
  return findings.flatMap(({ name, against }) => {
    if (!against) return [];
    const parts = dimensions.map((dimension) => {
      const { baseline, ccc, p } = against[dimension];
      return `${dimension} ${signed(ccc)} against ${baseline} (p ${p < 0.001 ? '< .001' : p.toFixed(3)})`;
    });
    const holds = dimensions.every(
      (dimension) => against[dimension].ccc >= curveGoal.ccc && against[dimension].p < curveGoal.p,
    );
    return [
      `${name}: CCC ${parts.join(', ')}. The goal, at least ${signed(curveGoal.ccc)} over the best baseline in both dimensions with p < ${curveGoal.p} by film, is ${holds ? 'reached' : 'missed'}.`,
    ];
  });
}

function signed(value: number): string {
  return `${value < 0 ? '−' : '+'}${Math.abs(value).toFixed(3)}`;
}

/**
 * Writes report.md, table.{txt,md,csv,tex} and curves.csv (a line for each second: ratings, and what every predictor says).
 *
 * @param about what was measured on what, a sentence each.
 */
export async function writeHeadReport(
  folder: string,
  films: readonly RatedFilmSeconds[],
  findings: readonly HeadFinding[],
  { title, about }: { readonly title: string; readonly about: readonly string[] },
): Promise<{ table: Table; reading: string[] }> {
  const table = headTable(findings, title);
  const reading = readingOfHeads(findings);
  makeFolder(folder);
  const write = (name: string, text: string) => writeAtomically(join(folder, name), text);
  const endings = { text: 'txt', markdown: 'md', csv: 'csv', latex: 'tex' };
  for (const format of tableFormats) await write(`table.${endings[format]}`, formatTable(table, format));
  await write('curves.csv', curvesText(films, findings));
  await write(
    'report.md',
    [
      '# A head over time, beside what it must be better than\n',
      `${about.join(' ')}\n`,
      `## What the numbers say\n\n${reading.map((sentence) => `- ${sentence}`).join('\n')}\n`,
      `## All predictors\n\n${formatTable(table, 'markdown')}`,
    ].join('\n'),
  );
  return { table, reading };
}

function curvesText(films: readonly RatedFilmSeconds[], findings: readonly HeadFinding[]): string {
  const names = findings.flatMap(({ name }) => dimensions.map((dimension) => `${name}: ${dimension}`));
  const rows = films.flatMap(({ film, ratings }, i) =>
    Array.from(ratings.valence, (_, time) => [
      film,
      time,
      ...dimensions.map((dimension) => shown(ratings[dimension][time]!)),
      ...findings.flatMap(({ curves }) => dimensions.map((dimension) => shown(curves[i]![time]![dimension]))),
    ]),
  );
  return stringify([['film', 'time', ...dimensions, ...names], ...rows]);
}

/** Empty where nobody rated. */
function shown(value: number): string {
  return Number.isNaN(value) ? '' : value.toFixed(4);
}
