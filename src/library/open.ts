import type { Database } from './database.ts';
import { openEmbedded } from './embedded.ts';
import { Library } from './library.ts';
import { migrate } from './migrations.ts';
import { openPostgresql } from './postgresql.ts';

/** Where a library is: in a folder, used by one process at a time, or in a PostgreSQL database, used by many. */
export type LibraryPlace = { folder: string } | { database: string };

/**
 * Opens a library; makes it where there is none, and brings one of an earlier version up to this one.
 *
 * @throws InputError when it cannot be opened, or when another process has the folder open.
 */
export async function openLibrary(place: LibraryPlace): Promise<Library> {
  const database: Database =
    'folder' in place ? await openEmbedded(place.folder) : await openPostgresql(place.database);
  try {
    await migrate(database);
  } catch (error) {
    await database.close();
    throw error;
  }
  return new Library(database, 'folder' in place ? place.folder : 'on PostgreSQL');
}
