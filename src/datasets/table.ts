import type { Problems } from './problems.ts';
import { hasTooManyLines, tooManyLines } from './text.ts';

/** Every line of a `decodedText`, counted from 1, without its end; blank lines are left out. */
export function* linesOf(text: string): Generator<{ number: number; text: string }> {
  let number = 0;
  let from = text.startsWith('\ufeff') ? 1 : 0;
  while (from < text.length) {
    const end = text.indexOf('\n', from);
    const to = end < 0 ? text.length : end;
    number++;
    const line = text.slice(from, to);
    if (line.trim() !== '') yield { number, text: line };
    from = to + 1;
  }
}

/**
 * Reads the fields of one line by what they should be.
 * The first one that is not leaves `failed` true and a problem with file and line; later ones are not reported.
 */
export class Row {
  failed = false;
  readonly file: string;
  readonly line: number;
  private readonly problems: Problems;
  private readonly decimalCommas: boolean;

  /** @param decimalCommas whether '2,5' is a number here, as it is where no comma separates columns. */
  constructor(file: string, line: number, problems: Problems, decimalCommas = false) {
    this.file = file;
    this.line = line;
    this.problems = problems;
    this.decimalCommas = decimalCommas;
  }

  fail(message: string): void {
    if (!this.failed) this.problems.add(this.file, this.line, message);
    this.failed = true;
  }

  number(
    column: string,
    text: string | undefined,
    lowest: number = -Infinity,
    highest: number = Infinity,
  ): number {
    const written = this.decimalCommas ? text?.replace(/^([^.,]*),([^.,]*)$/, '$1.$2') : text;
    const value = written === undefined || written.trim() === '' ? Number.NaN : Number(written);
    if (!Number.isFinite(value)) this.fail(`${column} ${quoted(text)}: a number expected`);
    else if (value < lowest || value > highest)
      this.fail(`${column} ${value}: ${lowest} to ${highest} expected`);
    return value;
  }

  integer(column: string, text: string | undefined, lowest: number, highest: number): number {
    const value = this.number(column, text, lowest, highest);
    if (!this.failed && !Number.isInteger(value)) this.fail(`${column} '${text}': a whole number expected`);
    return value;
  }

  /** The name of a file in the folder of the clips: no path, nothing hidden. */
  fileName(column: string, text: string | undefined): string {
    if (text === undefined || !/^[^\s./\\\0][^/\\\0]{0,254}$/.test(text))
      this.fail(`${column} ${quoted(text)}: the name of a file expected, without a path`);
    return text ?? '';
  }
}

/** The value as a message can show it: in quotes, cut when long. */
export function quoted(text: string | undefined): string {
  if (text === undefined) return 'is missing';
  return `'${text.length > 40 ? `${text.slice(0, 40)}…` : text}'`;
}

/**
 * Calls `read` for each line of a table whose columns are separated by tabs or spaces, with the fields in the order of
 * `columns`. A file with a header may have them in any order and others beside them; without one, others may follow.
 */
export function readTable(
  text: string,
  file: string,
  columns: readonly string[],
  options: { header: boolean; separator: string | RegExp },
  problems: Problems,
  read: (row: Row, fields: readonly string[]) => void,
): void {
  if (hasTooManyLines(text)) {
    problems.add(file, undefined, tooManyLines);
    return;
  }
  let places = options.header ? undefined : columns.map((_, i) => i);
  let width = columns.length;
  for (const line of linesOf(text)) {
    const row = new Row(file, line.number, problems, true);
    const fields = line.text.trim().split(options.separator);
    if (!places) {
      places = columns.map((column) => fields.indexOf(column));
      width = fields.length;
      if (places.includes(-1)) {
        row.fail(`the header '${columns.join(' ')}' expected`);
        return;
      }
    } else if (options.header ? fields.length !== width : fields.length < width) {
      row.fail(`${fields.length} fields; ${width} expected: ${columns.join(' ')}`);
    } else
      read(
        row,
        places.map((place) => fields[place]!.trim()),
      );
  }
  if (!places) problems.add(file, undefined, 'is empty');
}
