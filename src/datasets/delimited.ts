// Tables as spreadsheets and programs write them: commas, semicolons or tabs, quotes, blank lines, columns in any order.
import { parse } from 'csv-parse/sync';
import type { Problems } from './problems.ts';
import { Row } from './table.ts';

/** A line of labels is far shorter; what is longer is an unclosed quote or an attack. */
const longestRecord = 65_536;
const delimiters = [',', ';', '\t'];

/** One line of a table: its fields by the place of their column. */
export interface DelimitedLine {
  readonly row: Row;
  readonly fields: readonly string[];
}

/**
 * Reads CSV (RFC 4180), also with semicolons or tabs in place of commas: the one that the first line has most of.
 * Blank lines are left out. Where columns are not separated by commas, numbers may have decimal commas.
 * Lines that are no CSV are problems.
 */
export function readDelimited(text: string, file: string, problems: Problems): DelimitedLine[] {
  const delimiter = delimiterOf(text);
  const lines: DelimitedLine[] = [];
  let lastLine = 0;
  parse(text, {
    delimiter,
    record_delimiter: '\n',
    bom: true,
    trim: true,
    relax_column_count: true,
    skip_empty_lines: true,
    max_record_size: longestRecord,
    skip_records_with_error: true,
    on_record: (fields: string[], { lines: line }) => {
      lastLine = line;
      // spreadsheets write rows that were once used as delimiters alone
      if (fields.some((field) => field !== ''))
        lines.push({ row: new Row(file, line, problems, delimiter !== ','), fields });
      return undefined;
    },
    on_skip: (error) => {
      const at = error?.code === 'CSV_QUOTE_NOT_CLOSED' ? lastLine + 1 : (error?.lines as number);
      problems.add(file, at, reasons[error?.code ?? ''] ?? 'is not CSV');
    },
  });
  return lines;
}

const unclosed = 'a quoted field is not closed, or text follows its closing quote';
const reasons: Record<string, string> = {
  CSV_QUOTE_NOT_CLOSED: unclosed,
  CSV_INVALID_CLOSING_QUOTE: unclosed,
  INVALID_OPENING_QUOTE: 'a quote stands inside a field that does not begin with one',
  CSV_MAX_RECORD_SIZE: `a line is longer than ${longestRecord} characters, or a quoted field is not closed`,
};

function delimiterOf(text: string): string {
  const first = /[^\s][^\n]*/.exec(text)?.[0].replace(/"[^"]*"/g, '') ?? '';
  const count = (delimiter: string) => first.split(delimiter).length;
  return delimiters.reduce((best, delimiter) => (count(delimiter) > count(best) ? delimiter : best));
}
