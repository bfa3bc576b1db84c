// `node scripts/bench.mjs NAME…` builds, then runs bench/NAME.bench.ts (types stripped into dist-bench/, sources from dist/); without a name it lists them.
import { spawnSync } from 'node:child_process';
import { mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { transformWithOxc } from 'vite';

const root = fileURLToPath(new URL('..', import.meta.url));
const suffix = '.bench.ts';
const files = readdirSync(join(root, 'bench')).filter((file) => file.endsWith('.ts'));
const known = files.filter((file) => file.endsWith(suffix)).map((file) => file.slice(0, -suffix.length));
const names = process.argv.slice(2).filter((argument) => !argument.startsWith('-'));
const options = process.argv.slice(2).filter((argument) => argument.startsWith('-'));

if (names.length === 0) {
  console.log(known.join('\n'));
  process.exit();
}
const unknown = names.find((name) => !known.includes(name));
if (unknown) {
  console.error(`unknown benchmark '${unknown}'; one of: ${known.join(', ')}`);
  process.exit(1);
}

/** Waits for a program and ends with its exit code when it fails. */
function run(...args) {
  const { status } = spawnSync(process.execPath, args, { cwd: root, stdio: 'inherit' });
  if (status !== 0) process.exit(status ?? 1);
}

run(join(root, 'scripts/build.mjs'));
const compiled = join(root, 'dist-bench');
rmSync(compiled, { recursive: true, force: true });
mkdirSync(compiled);
for (const file of files) {
  const path = join(root, 'bench', file);
  const { code } = await transformWithOxc(readFileSync(path, 'utf8'), path, { sourcemap: false });
  const imports = code
    .replace(/(["'])\.\.\/src\/([^"']+)\.ts\1/g, '$1../dist/$2.js$1')
    .replace(/(["'])(\.[^"']*)\.ts\1/g, '$1$2.js$1');
  writeFileSync(join(compiled, file.replace(/\.ts$/, '.js')), imports);
}
for (const name of names) run('--expose-gc', join(compiled, `${name}.bench.js`), ...options);
