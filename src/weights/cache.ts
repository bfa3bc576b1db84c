import { homedir } from 'node:os';
import { join } from 'node:path';

/** Where files are kept that can be fetched or made again: `AFFECTLINE_CACHE`, or the platform's place for that. */
export function cacheFolder(): string {
  const { AFFECTLINE_CACHE, XDG_CACHE_HOME, LOCALAPPDATA } = process.env;
  if (AFFECTLINE_CACHE) return AFFECTLINE_CACHE;
  if (process.platform === 'darwin') return join(homedir(), 'Library', 'Caches', 'affectline');
  if (process.platform === 'win32') {
    return join(LOCALAPPDATA || join(homedir(), 'AppData', 'Local'), 'affectline', 'cache');
  }
  return join(XDG_CACHE_HOME || join(homedir(), '.cache'), 'affectline');
}
