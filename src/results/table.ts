import { stringify } from 'csv-stringify/sync';
import { dimensions, type FilmAffect } from '../affect/index.ts';
import { modelName } from './text.ts';

export interface Column {
  readonly name: string;
  readonly type: 'text' | 'number' | 'optional number';
}

/** A row for each point of the curves of films. */
export interface Table {
  readonly columns: readonly Column[];
  readonly rows: Iterable<readonly (string | number | undefined)[]>;
}

/**
 * All points of films as one tidy table: film, time, valence and arousal, the model, what the numbers are; with
 * intervals where any film has them, and the shares of all streams that any film has. What a film lacks is empty.
 */
export function tableOf(films: readonly FilmAffect[]): Table {
  const points = films.flatMap(({ curve }) => curve);
  const streams = new Set<string>();
  for (const { shares = {} } of points) for (const stream of Object.keys(shares)) streams.add(stream);
  const ends = points.some(({ low, high }) => low && high) ? (['low', 'high'] as const) : [];
  const columns: Column[] = [
    { name: 'film', type: 'text' },
    ...['time', ...dimensions].map((name) => ({ name, type: 'number' as const })),
    { name: 'model', type: 'text' },
    { name: 'affect', type: 'text' },
    ...[...ends, ...[...streams].map((stream) => `of_${stream}`)].flatMap((suffix) =>
      dimensions.map((of) => ({ name: `${of}_${suffix}`, type: 'optional number' as const })),
    ),
  ];
  const rows = function* () {
    for (const film of films)
      for (const { time, valence, arousal, ...point } of film.curve) {
        const optional = [
          ...ends.map((end) => point[end]),
          ...Array.from(streams, (of) => point.shares?.[of]),
        ];
        const values = optional.flatMap((affect) => dimensions.map((of) => affect?.[of]));
        yield [film.file, time, valence, arousal, modelName(film), film.affect.kind, ...values];
      }
  };
  return { columns, rows: rows() };
}

/** The table of films as CSV (RFC 4180), values to six decimals. */
export function toTable(films: readonly FilmAffect[]): string {
  const { columns, rows } = tableOf(films);
  return csv(columns, rows);
}

/** The curve of one film as CSV, without a column for the film. */
export function toCsv(film: FilmAffect): string {
  const { columns, rows } = tableOf([film]);
  return csv(
    columns.slice(1),
    Array.from(rows, (row) => row.slice(1)),
  );
}

function csv(columns: readonly Column[], rows: Table['rows']): string {
  const time = columns.findIndex(({ name }) => name === 'time');
  const written = (value: string | number | undefined, column: number) =>
    typeof value === 'number' && column !== time ? value.toFixed(6) : (value ?? '');
  return stringify([columns.map(({ name }) => name), ...Array.from(rows, (row) => row.map(written))]);
}
