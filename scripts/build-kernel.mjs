// Compiles the flow kernel (AssemblyScript) to dist/flow/kernel/brox.wasm, when a source is newer than the binary.
import { spawnSync } from 'node:child_process';
import { mkdirSync, readdirSync, statSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('..', import.meta.url));
const sources = join(root, 'src/flow/kernel/assembly');
const binary = join(root, 'dist/flow/kernel/brox.wasm');
const compiler = join(
  dirname(createRequire(import.meta.url).resolve('assemblyscript/package.json')),
  'bin/asc.js',
);

const changed = (path) => statSync(path, { throwIfNoEntry: false })?.mtimeMs ?? 0;
const inputs = [...readdirSync(sources).map((file) => join(sources, file)), fileURLToPath(import.meta.url)];
if (changed(binary) > Math.max(...inputs.map(changed))) process.exit();

mkdirSync(dirname(binary), { recursive: true });
const { status } = spawnSync(
  process.execPath,
  [
    compiler,
    join(sources, 'brox.ts'),
    '--outFile',
    binary,
    '-O3',
    '--converge',
    '--noAssert',
    '--runtime',
    'stub',
    '--enable',
    'simd',
  ],
  { cwd: root, stdio: 'inherit' },
);
process.exit(status ?? 1);
