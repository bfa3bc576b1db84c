import { Option } from 'commander';
import type { Library } from '../library/index.ts';
import { clock } from '../support/clock.ts';

/** `--library` and `--database`, which mean the same wherever a library is used. */
export const placeOptions: readonly Option[] = [
  new Option('--library <folder>', 'the library, used by one process at a time').default(
    'affectline-library',
  ),
  new Option('--database <url>', 'instead, a library on PostgreSQL: postgres://user:password@host/database'),
];

export interface PlaceOptions {
  library: string;
  database?: string;
}

/** Does something with a library, and closes it. */
export async function withLibrary<Result>(
  { library: folder, database }: PlaceOptions,
  work: (library: Library) => Promise<Result>,
): Promise<Result> {
  const { openLibrary } = await import('../library/index.ts');
  const library = await openLibrary(database === undefined ? { folder } : { database });
  try {
    return await work(library);
  } finally {
    await library.close();
  }
}

/** Seconds, to the nearest, as a person reads them: 1:05 or 1:02:05. */
export function timeText(seconds: number): string {
  return clock(Math.round(seconds));
}
