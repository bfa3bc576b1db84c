import { type FilmsInTurn, type PointColumn, pointTableOf } from '../table.ts';
import type { Format } from './format.ts';

/** Rows that are kept until they are written as a group: a reader skips and reads by groups. */
const groupRows = 50_000;

/** Apache Parquet: the table of the CSV, with the film in each row. */
export const parquet: Format = {
  name: 'parquet',
  about: 'the curve as a table, for pandas, DuckDB and R',
  endings: ['.parquet'],
  async write({ film }) {
    const parts: Uint8Array[] = [];
    for await (const part of parquetParts(() => [film])) parts.push(part);
    return [Buffer.concat(parts)];
  },
};

/** One table of many films, a row a point (see `PointTable`), as the pieces of one Parquet file. */
export async function* parquetParts(films: FilmsInTurn): AsyncGenerator<Uint8Array, void, undefined> {
  // with the first table: calls that write none need not wait for it
  const { ByteWriter, ParquetWriter, schemaFromColumnData } = await import('hyparquet-writer');
  const table = await pointTableOf(films);
  const { columns } = table;
  const bytes = new ByteWriter();
  const schema = schemaFromColumnData({
    columnData: columns.map((column) => ({ ...typeOf(column), data: [] })),
  });
  const writer = new ParquetWriter({ writer: bytes, schema });
  let rows: (string | number | undefined)[][] = [];
  const write = () => {
    const columnData = columns.map(({ name }, index) => ({
      name,
      data: rows.map((row) => row[index] ?? null),
    }));
    void writer.write({ columnData, rowGroupSize: rows.length });
    rows = [];
  };
  /** What has been written since the last time; places in the file go on being counted from its beginning. */
  const taken = () => {
    const part = bytes.getBytes().slice();
    bytes.index = 0;
    return part;
  };
  for await (const film of films()) {
    rows.push(...table.rowsOf(film));
    if (rows.length < groupRows) continue;
    write();
    yield taken();
  }
  if (rows.length > 0) write();
  void writer.finish();
  yield taken();
}

function typeOf({ name, type }: PointColumn) {
  return {
    name,
    type: type === 'text' ? ('STRING' as const) : ('DOUBLE' as const),
    nullable: type === 'optional number',
  };
}
