// What `npm start` and `npm test` need first: the packages of the lock file, and a fresh dist/.
import { spawnSync } from 'node:child_process';
import { existsSync, readdirSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

export const root = fileURLToPath(new URL('..', import.meta.url));

/** Runs a command in the project's folder and ends this process with its exit code when it fails. */
export function run(command, args, options = {}) {
  const { status, signal } = spawnSync(command, args, { cwd: root, stdio: 'inherit', ...options });
  if (status !== 0) process.exit(status ?? (signal === 'SIGINT' ? 130 : 1));
}

function packages(lockFile) {
  const path = join(root, lockFile);
  return existsSync(path) ? JSON.parse(readFileSync(path, 'utf8')).packages : {};
}

/** Whether node_modules holds every package of the lock file in its version (packages for other platforms aside). */
function installed() {
  const present = packages('node_modules/.package-lock.json');
  return Object.entries(packages('package-lock.json')).every(
    ([name, wanted]) => name === '' || wanted.optional || present[name]?.version === wanted.version,
  );
}

function newest(folder) {
  return readdirSync(join(root, folder), { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .reduce((time, entry) => Math.max(time, statSync(join(entry.parentPath, entry.name)).mtimeMs), 0);
}

export function prepare({ build = true } = {}) {
  const [major, minor] = process.versions.node.split('.').map(Number);
  if (major < 20 || (major === 20 && minor < 19)) {
    console.error(`affectline needs Node 20.19 or newer; this is ${process.versions.node}`);
    process.exit(1);
  }
  if (!installed()) {
    console.error('installing the packages of package-lock.json …');
    // npm's own entry file, so that the same npm serves that runs this script
    const npm = process.env.npm_execpath;
    if (npm?.endsWith('.js'))
      run(process.execPath, [npm, 'ci', '--no-audit', '--no-fund'], { stdio: ['ignore', 2, 2] });
    else
      run('npm', ['ci', '--no-audit', '--no-fund'], {
        stdio: ['ignore', 2, 2],
        shell: process.platform === 'win32',
      });
  }
  if (
    build &&
    (!existsSync(join(root, 'dist/cli/main.js')) || Math.max(newest('src'), newest('page')) > newest('dist'))
  ) {
    run(process.execPath, [join(root, 'scripts/build.mjs')], { stdio: ['ignore', 2, 2] });
  }
}
