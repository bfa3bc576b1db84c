import { parquetWriteBuffer } from 'hyparquet-writer';
import type { FilmAffect } from '../../affect/index.ts';
import { tableOf } from '../table.ts';
import type { Format } from './format.ts';

/** Apache Parquet: the table of the CSV, with the film in each row. */
export const parquet: Format = {
  name: 'parquet',
  about: 'the curve as a table, for pandas, DuckDB and R',
  endings: ['.parquet'],
  write: ({ film }) => [toParquet([film])],
};

/** One table of many films, a row a point (see `tableOf`). */
export function toParquet(films: readonly FilmAffect[]): Uint8Array {
  const { columns, rows } = tableOf(films);
  const all = [...rows];
  const columnData = columns.map(({ name, type }, index) => ({
    name,
    data: all.map((row) => row[index] ?? null),
    type: type === 'text' ? ('STRING' as const) : ('DOUBLE' as const),
    nullable: type === 'optional number',
  }));
  return new Uint8Array(parquetWriteBuffer({ columnData }));
}
