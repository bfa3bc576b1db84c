import type { Problems } from '../problems.ts';
import { linesOf, quoted, Row } from '../table.ts';
import { hasTooManyLines, tooManyLines } from '../text.ts';

/** Columns of numbers, as most data sets of curves are written. */
export interface NumberTable {
  /** The header's names, where there is one. */
  readonly header: readonly string[] | undefined;
  readonly columns: readonly Float64Array[];
}

/**
 * Reads numbers separated by tabs, spaces, commas or semicolons, with or without a header line.
 *
 * @param widths how many columns a line may have; all lines have as many as the first.
 * @param ascending the column of the time: a line whose time does not lie after the one before is a problem.
 * @returns nothing when there is a problem.
 */
export function readNumbers(
  text: string,
  file: string,
  widths: readonly number[],
  problems: Problems,
  ascending?: number,
): NumberTable | undefined {
  if (hasTooManyLines(text)) {
    problems.add(file, undefined, tooManyLines);
    return undefined;
  }
  const before = problems.count;
  let header: string[] | undefined;
  const columns: number[][] = [];
  for (const { number, text: line } of linesOf(text)) {
    const row = new Row(file, number, problems);
    const fields = line.trim().split(/[\t ]*[,;][\t ]*|[\t ]+/);
    if (columns.length === 0) {
      if (!header && fields.every((field) => field !== '' && Number.isNaN(Number(field)))) {
        header = line.trim().split(/\t|[,;]/);
        continue;
      }
      if (!widths.includes(fields.length)) {
        row.fail(`${fields.length} numbers; ${widths.join(' or ')} expected`);
        break;
      }
      for (const _ of fields) columns.push([]);
    }
    if (fields.length !== columns.length) {
      row.fail(`${fields.length} numbers; ${columns.length} expected, as in the first line`);
      continue;
    }
    const values = fields.map((field, i) => row.number(header?.[i] ?? `column ${i + 1}`, field));
    const last = ascending === undefined ? undefined : columns[ascending]!.at(-1);
    if (!row.failed && last !== undefined && values[ascending!]! <= last)
      row.fail(`time ${quoted(fields[ascending!])} does not lie after ${last}`);
    if (!row.failed)
      values.forEach((value, i) => {
        columns[i]!.push(value);
      });
  }
  if (problems.count === before && (columns[0]?.length ?? 0) === 0)
    problems.add(file, undefined, 'holds no numbers');
  return problems.count > before
    ? undefined
    : { header, columns: columns.map((values) => Float64Array.from(values)) };
}
