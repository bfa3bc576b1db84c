import { stringify } from 'csv-stringify/sync';
import { dimensions, type FilmAffect } from '../affect/index.ts';
import { modelName } from './text.ts';

/** A column of the table of points. */
export interface PointColumn {
  readonly name: string;
  readonly type: 'text' | 'number' | 'optional number';
}

/** Films that are read one after the other, from the first again each time that it is called: none has to be kept. */
export type FilmsInTurn = () => Iterable<FilmAffect> | AsyncIterable<FilmAffect>;

/**
 * All points of films as one tidy table: film, time, valence and arousal, the model, what the numbers are; with
 * intervals where any film has them, and the shares of all streams that any film has. What a film lacks is empty.
 */
export class PointTable {
  private readonly streams = new Set<string>();
  private hasIntervals = false;

  /** Makes room for what a film has; all films are noted before the first is written. */
  note({ curve }: FilmAffect): void {
    for (const { low, high, shares = {} } of curve) {
      this.hasIntervals ||= low !== undefined && high !== undefined;
      for (const stream of Object.keys(shares)) this.streams.add(stream);
    }
  }

  get columns(): PointColumn[] {
    return [
      { name: 'film', type: 'text' },
      ...['time', ...dimensions].map((name) => ({ name, type: 'number' as const })),
      { name: 'model', type: 'text' },
      { name: 'affect', type: 'text' },
      ...[...this.ends, ...Array.from(this.streams, (stream) => `of_${stream}`)].flatMap((suffix) =>
        dimensions.map((of) => ({ name: `${of}_${suffix}`, type: 'optional number' as const })),
      ),
    ];
  }

  /** A row for each point of a film, a cell for each column. */
  rowsOf(film: FilmAffect): (string | number | undefined)[][] {
    return film.curve.map(({ time, valence, arousal, ...point }) => {
      const optional = [
        ...this.ends.map((end) => point[end]),
        ...Array.from(this.streams, (of) => point.shares?.[of]),
      ];
      const values = optional.flatMap((affect) => dimensions.map((of) => affect?.[of]));
      return [film.file, time, valence, arousal, modelName(film), film.affect.kind, ...values];
    });
  }

  private get ends() {
    return this.hasIntervals ? (['low', 'high'] as const) : [];
  }
}

/** The table that films fill. */
export async function pointTableOf(films: FilmsInTurn): Promise<PointTable> {
  const table = new PointTable();
  for await (const film of films()) table.note(film);
  return table;
}

/** The table of films as CSV (RFC 4180), values to six decimals: its first line, then the lines of each film. */
export async function* tableParts(films: FilmsInTurn): AsyncGenerator<string, void, undefined> {
  const table = await pointTableOf(films);
  yield stringify([table.columns.map(({ name }) => name)]);
  for await (const film of films()) yield csv(table.rowsOf(film), 1);
}

/** The curve of one film as CSV, without a column for the film. */
export function toCsv(film: FilmAffect): string {
  const table = new PointTable();
  table.note(film);
  const columns = table.columns.slice(1).map(({ name }) => name);
  const rows = table.rowsOf(film).map((row) => row.slice(1));
  return stringify([columns]) + csv(rows, 0);
}

/** @param time the column of the time, which is written as it is. */
function csv(rows: readonly (string | number | undefined)[][], time: number): string {
  const written = (value: string | number | undefined, column: number) =>
    typeof value === 'number' && column !== time ? value.toFixed(6) : (value ?? '');
  return stringify(rows.map((row) => row.map(written)));
}
