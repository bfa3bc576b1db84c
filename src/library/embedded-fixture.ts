import { createHash } from 'node:crypto';
import { cpSync, existsSync, mkdtempSync, readFileSync, renameSync, rmSync } from 'node:fs';
import { tmpdir, userInfo } from 'node:os';
import { join } from 'node:path';
import { openLibrary } from './open.ts';

/**
 * An empty embedded library in a folder of its own. To make one takes seconds, so it is made once, in a temporary folder
 * that stays, and copied from there.
 */
export async function emptyLibrary(below: string): Promise<string> {
  const version = createHash('sha256');
  for (const file of ['./migrations.ts', '../../node_modules/@electric-sql/pglite/package.json'])
    version.update(readFileSync(new URL(file, import.meta.url)));
  const name = `affectline-empty-library-${userInfo().uid}-${version.digest('hex').slice(0, 12)}`;
  const template = join(tmpdir(), name);
  if (!existsSync(template)) {
    const made = mkdtempSync(`${template}-`);
    await (await openLibrary({ folder: made })).close();
    try {
      renameSync(made, template);
    } catch {
      // another process was first
      rmSync(made, { recursive: true });
    }
  }
  const copy = mkdtempSync(join(below, 'library-'));
  cpSync(template, copy, { recursive: true });
  return copy;
}
