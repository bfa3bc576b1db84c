// Compiles the sources to dist/, and the flow kernel to WebAssembly; joins the modules of the command line and its threads.
import { spawnSync } from 'node:child_process';
import { chmodSync, existsSync, readdirSync, statSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { joinModules } from './bundle.mjs';

const root = fileURLToPath(new URL('..', import.meta.url));
const require = createRequire(import.meta.url);
const run = (script, ...args) => {
  const { status } = spawnSync(process.execPath, [script, ...args], { cwd: root, stdio: 'inherit' });
  if (status !== 0) process.exit(status ?? 1);
};

const bin = (name, command = name) => {
  const manifest = require.resolve(`${name}/package.json`);
  const { bin } = require(manifest);
  return join(dirname(manifest), typeof bin === 'string' ? bin : bin[command]);
};

run(bin('typescript', 'tsc'), '--project', 'tsconfig.json');
const { filmAffectJsonSchema } = await import('../dist/affect/index.js');
const schema = `${JSON.stringify(filmAffectJsonSchema(), null, 2)}\n`;
writeFileSync(join(root, 'dist/affect/film-affect.schema.json'), schema);
if (existsSync(join(root, 'src/flow/kernel/assembly'))) run(join(root, 'scripts/build-kernel.mjs'));

for (const main of [
  'cli/main',
  'media/node-av-child',
  'results/picture-worker',
  'runtime/node/session-worker',
  'flow/node/flow-worker',
])
  await joinModules(root, join(root, `dist/${main}.js`));

// to be run as it is installed, by its first line
chmodSync(join(root, 'dist/cli/main.js'), 0o755);

// the page only where it has changed, for this takes seconds
const page = join(root, 'dist/page/index.html');
const newest = (folder) =>
  readdirSync(join(root, folder), { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .reduce((time, entry) => Math.max(time, statSync(join(entry.parentPath, entry.name)).mtimeMs), 0);
if (existsSync(join(root, 'page')) && (!existsSync(page) || newest('page') > statSync(page).mtimeMs))
  run(bin('vite'), 'build', 'page', '--config', 'page/vite.config.ts');
