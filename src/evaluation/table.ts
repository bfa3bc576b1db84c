import { stringify } from 'csv-stringify/sync';

/** A table to be shown as text, Markdown, CSV or LaTeX; numbers are given as they are and rounded when shown. */
export interface Table {
  readonly title: string;
  readonly columns: readonly Column[];
  readonly rows: readonly (readonly Cell[])[];
  /** Said below the table. */
  readonly notes: readonly string[];
}

/** A column of a table. */
export interface Column {
  readonly name: string;
  /** Digits after the point of its numbers; 3 by default. */
  readonly digits?: number;
}

/** NaN and undefined are shown as a dash. An interval stands behind its number, or a standard deviation. */
export type Cell =
  | string
  | number
  | undefined
  | { value: number; low: number; high: number }
  | { value: number; deviation: number };

/** All ways to write tables. */
export const tableFormats = ['text', 'markdown', 'csv', 'latex'] as const;

/** The name of a way to write tables. */
export type TableFormat = (typeof tableFormats)[number];

/** A table as text, Markdown, CSV or LaTeX. */
export function formatTable(table: Table, format: TableFormat): string {
  return writers[format](table);
}

const writers: Record<TableFormat, (table: Table) => string> = {
  text: ({ title, columns, rows, notes }) => {
    const lines = [columns.map((column) => column.name), ...rows.map((row) => shown(row, columns))];
    const widths = columns.map((_, i) => Math.max(...lines.map((line) => width(line[i]!))));
    const numeric = columns.map((_, i) =>
      rows.some((row) => typeof row[i] !== 'string' && row[i] !== undefined),
    );
    const aligned = lines.map((line) =>
      line
        .map((cell, i) => {
          const space = ' '.repeat(widths[i]! - width(cell));
          return numeric[i] ? space + cell : cell + space;
        })
        .join('  ')
        .trimEnd(),
    );
    const rule = '─'.repeat(widths.reduce((sum, each) => sum + each + 2, -2));
    return paragraphs([title, '', aligned[0]!, rule, ...aligned.slice(1)], notes);
  },

  markdown: ({ title, columns, rows, notes }) => {
    const line = (cells: readonly string[]) =>
      `| ${cells.map((cell) => cell.replaceAll('|', '\\|')).join(' | ')} |`;
    const names = columns.map((column) => column.name);
    const rule = names.map((_, i) => (i === 0 ? '---' : '---:'));
    const body = rows.map((row) => line(shown(row, columns)));
    return paragraphs([`**${title}**`, '', line(names), line(rule), ...body], notes);
  },

  csv: ({ columns, rows }) => {
    const besides = columns.map((_, i) => {
      const ofRows = rows.map((row) => besideOf(row[i]));
      return [...new Set(ofRows.flatMap((beside) => Object.keys(beside)))];
    });
    const names = columns.flatMap(({ name }, i) => [name, ...besides[i]!.map((of) => `${name} ${of}`)]);
    const cells = (row: readonly Cell[]) =>
      columns.flatMap((_, i) => [
        exact(typeof row[i] === 'object' ? row[i].value : row[i]),
        ...besides[i]!.map((of) => exact(besideOf(row[i])[of])),
      ]);
    return stringify([names, ...rows.map(cells)]);
  },

  latex: ({ title, columns, rows, notes }) => {
    const line = (cells: readonly string[]) => `  ${cells.map(latexText).join(' & ')} \\\\`;
    return `${[
      '\\begin{table}',
      '\\centering',
      `\\caption{${latexText([title, ...notes].join('. '))}}`,
      `\\begin{tabular}{l${'r'.repeat(columns.length - 1)}}`,
      '  \\toprule',
      line(columns.map((column) => column.name)),
      '  \\midrule',
      ...rows.map((row) => line(shown(row, columns))),
      '  \\bottomrule',
      '\\end{tabular}',
      '\\end{table}',
    ].join('\n')}\n`;
  },
};

function paragraphs(lines: readonly string[], notes: readonly string[]): string {
  return `${[...lines, ...(notes.length > 0 ? ['', ...notes] : [])].join('\n')}\n`;
}

/** What stands beside the number of a cell, by what it is called in CSV. */
function besideOf(cell: Cell): Record<string, number> {
  if (typeof cell !== 'object') return {};
  return 'deviation' in cell ? { sd: cell.deviation } : { low: cell.low, high: cell.high };
}

function shown(row: readonly Cell[], columns: readonly Column[]): string[] {
  return columns.map(({ digits = 3 }, i) => {
    const cell = row[i];
    const number = (value: number) =>
      Number.isNaN(value)
        ? '–'
        : value
            .toFixed(digits)
            .replace(/^-(?=.*[1-9])/, '−')
            .replace(/^-/, '');
    if (cell === undefined) return '–';
    if (typeof cell === 'string') return cell;
    if (typeof cell === 'number') return number(cell);
    if (Number.isNaN(cell.value)) return '–';
    if ('deviation' in cell) return `${number(cell.value)} ± ${number(cell.deviation)}`;
    return `${number(cell.value)} [${number(cell.low)}, ${number(cell.high)}]`;
  });
}

/** For CSV: all digits, and nothing where there is no number. */
function exact(cell: string | number | undefined): string {
  if (typeof cell === 'string') return cell;
  return cell === undefined || Number.isNaN(cell) ? '' : String(cell);
}

/** How many columns of a terminal the text takes; every letter of these tables takes one. */
function width(text: string): number {
  return [...text].length;
}

const latexLetters: Record<string, string> = {
  '\\': '\\textbackslash{}',
  '~': '\\textasciitilde{}',
  '^': '\\textasciicircum{}',
  '–': '--',
  '−': '$-$',
  '²': '$^2$',
  '±': '$\\pm$',
};

function latexText(text: string): string {
  return text.replace(/[\\~^–−²±]|[&%$#_{}]/g, (letter) => latexLetters[letter] ?? `\\${letter}`);
}
