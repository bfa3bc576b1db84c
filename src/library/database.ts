/** Runs statements; parameters are `$1`, `$2` … */
export interface Queries {
  /** One statement. @returns its rows. */
  query<Row = Record<string, unknown>>(sql: string, parameters?: readonly unknown[]): Promise<Row[]>;
}

/** A database of PostgreSQL's kind, in this process or on a server; the same statements run on both. */
export interface Database extends Queries {
  /** Several statements at once, without parameters. */
  run(sql: string): Promise<void>;
  /** Everything or nothing: what `work` does through its own queries is undone when it throws. */
  transaction<Result>(work: (queries: Queries) => Promise<Result>): Promise<Result>;
  /** `embedded`: no other process can reach it. */
  readonly kind: 'embedded' | 'postgresql';
  close(): Promise<void>;
}
