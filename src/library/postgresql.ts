import pg from 'pg';
import { InputError } from '../support/errors.ts';
import type { Database, Queries } from './database.ts';

/** A database on a server, and where it is. */
export interface ServerDatabase extends Database {
  readonly url: string;
}

/** Connections of one process; workers hold one while they write, the queue some more. */
const connections = 8;

/**
 * Connects to a PostgreSQL server, 14 or newer.
 *
 * @param url `postgres://user:password@host:port/database`.
 * @throws InputError when no connection can be made. The message does not repeat the password.
 */
export async function openPostgresql(url: string): Promise<ServerDatabase> {
  const pool = new pg.Pool({ connectionString: url, max: connections, connectionTimeoutMillis: 10_000 });
  // a connection that breaks while it is idle is replaced when the next is asked for
  pool.on('error', () => {});
  const on = (client: Pick<pg.PoolClient, 'query'>): Queries => ({
    query: async <Row>(sql: string, parameters: readonly unknown[] = []) =>
      (await client.query(sql, parameters as unknown[])).rows as Row[],
  });
  try {
    await pool.query('select 1');
  } catch (error) {
    await pool.end();
    throw new InputError(`database ${withoutPassword(url)}: ${reasonOf(error)}`);
  }
  return {
    ...on(pool as unknown as pg.PoolClient),
    kind: 'postgresql',
    url,
    run: async (sql) => {
      await pool.query(sql);
    },
    transaction: async (work) => {
      const client = await pool.connect();
      let broken: Error | undefined;
      try {
        await client.query('begin');
        const result = await work(on(client));
        await client.query('commit');
        return result;
      } catch (error) {
        await client.query('rollback').catch((failure: Error) => {
          broken = failure;
        });
        throw error;
      } finally {
        client.release(broken);
      }
    },
    close: () => pool.end(),
  };
}

/** Of several addresses that a name stands for, each has failed for a reason of its own; one is enough. */
function reasonOf(error: unknown): string {
  const one = error instanceof AggregateError ? error.errors[0] : error;
  return one instanceof Error ? one.message : String(one);
}

function withoutPassword(url: string): string {
  return url.replace(/^([^/]*\/\/[^:@/]*):[^@]*@/, '$1@');
}
