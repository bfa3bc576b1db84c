import { join } from 'node:path';
import { PGlite } from '@electric-sql/pglite';
import { InputError } from '../support/errors.ts';
import { makeFolder } from '../support/folders.ts';
import { lockForThisProcess } from '../support/owner-lock.ts';
import type { Database, Queries } from './database.ts';

/** A database in this process, and the PGlite that it is. */
export interface EmbeddedDatabase extends Database {
  readonly pglite: PGlite;
}

/**
 * Opens PostgreSQL compiled to WebAssembly (PGlite) on a folder of its own. Two processes would destroy it, so the folder
 * is this process's until it closes the database or ends. It is never taken from a process on another machine, which may
 * be asleep: who removes its file has to know that it has ended.
 *
 * @throws InputError naming the process that has it open, or when the folder holds no database that can be read.
 */
export async function openEmbedded(folder: string): Promise<EmbeddedDatabase> {
  const lock = await lockForThisProcess(join(folder, 'database'), `using the library ${folder}`, {
    silence: Number.POSITIVE_INFINITY,
  });
  try {
    makeFolder(join(folder, 'database'));
    const pglite = await PGlite.create(join(folder, 'database'));
    const on = (queries: Pick<PGlite, 'query'>): Queries => ({
      query: async <Row>(sql: string, parameters: readonly unknown[] = []) =>
        (await queries.query<Row>(sql, [...parameters])).rows,
    });
    return {
      ...on(pglite),
      kind: 'embedded',
      pglite,
      run: async (sql) => {
        await pglite.exec(sql);
      },
      transaction: (work) => pglite.transaction((transaction) => work(on(transaction))) as never,
      close: async () => {
        await pglite.close();
        await lock.release();
      },
    };
  } catch (error) {
    await lock.release();
    throw new InputError(`library ${folder}: its database cannot be opened (${(error as Error).message})`);
  }
}
