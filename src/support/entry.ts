import { fileURLToPath } from 'node:url';

/**
 * The compiled file a worker thread or child process is started from.
 *
 * @param from `import.meta.url` of the caller.
 * @param name the sibling module, without extension: `'session-worker'`.
 * @returns an absolute path under `dist/`, also when the caller itself runs from `src/` (as tests do).
 */
export function compiledEntry(from: string, name: string): string {
  const path = fileURLToPath(new URL(`${name}.js`, from));
  return from.endsWith('.ts') ? path.replace(/([\\/])src([\\/])(?!.*[\\/]src[\\/])/, '$1dist$2') : path;
}
