import type { Problems } from './problems.ts';

/** Every line, counted from 1, without its end; an empty line at the end of the file is no line. */
export function* linesOf(text: string): Generator<{ number: number; text: string }> {
  let number = 0;
  let from = text.startsWith('\ufeff') ? 1 : 0;
  while (from < text.length) {
    const end = text.indexOf('\n', from);
    const to = end < 0 ? text.length : end;
    number++;
    yield { number, text: text.slice(from, text[to - 1] === '\r' ? to - 1 : to) };
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

  constructor(file: string, line: number, problems: Problems) {
    this.file = file;
    this.line = line;
    this.problems = problems;
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
    const value = text === undefined || text.trim() === '' ? Number.NaN : Number(text);
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

/** Calls `read` for each line of a tab-separated table that has the right number of fields. */
export function readTable(
  text: string,
  file: string,
  columns: readonly string[],
  options: { header: boolean; separator: string | RegExp },
  problems: Problems,
  read: (row: Row, fields: readonly string[]) => void,
): void {
  let headerSeen = !options.header;
  for (const line of linesOf(text)) {
    const row = new Row(file, line.number, problems);
    const fields = line.text.split(options.separator);
    if (!headerSeen) {
      headerSeen = true;
      if (fields.join(' ') !== columns.join(' ')) row.fail(`the header '${columns.join(' ')}' expected`);
    } else if (fields.length !== columns.length) {
      row.fail(`${fields.length} fields; ${columns.length} expected: ${columns.join(' ')}`);
    } else read(row, fields);
  }
  if (!headerSeen) problems.add(file, undefined, 'is empty');
}
