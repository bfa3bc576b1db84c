import { execFileSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';

/** Tests start workers and child processes from `dist/`, so it has to be as new as the sources. */
export default function setup(): void {
  execFileSync(process.execPath, [fileURLToPath(new URL('../scripts/build.mjs', import.meta.url))], {
    stdio: 'inherit',
  });
}
