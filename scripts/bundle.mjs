// Joins what a program or a thread loads of our own modules into few files, for each of some three hundred costs time at
// every start.
import { readdirSync, rmSync } from 'node:fs';
import { dirname, join, relative, sep } from 'node:path';
import { build } from 'vite';

const prefix = 'joined-';

/** A module finds files beside it by `import.meta.url`: that of its own place, also when it is part of another file. */
const keepPlaces = (folder) => ({
  name: 'keep-places',
  transform(code, id) {
    if (!code.includes('import.meta.url')) return;
    const place = JSON.stringify(`./${relative(folder, id).split(sep).join('/')}`);
    return { code: code.replaceAll('import.meta.url', `new URL(${place}, import.meta.url).href`), map: null };
  },
});

/** Zod comes in both forms, of a hundred files each, which load faster as CommonJS. */
const required = 'zod';
const requireFiles = {
  name: 'require-files',
  enforce: 'pre',
  resolveId: (id) => (id === required ? `\0${required}` : undefined),
  load: (id) =>
    id === `\0${required}`
      ? `import { createRequire } from 'node:module';\nexport const { z } = createRequire(import.meta.url)('${required}');\n`
      : undefined,
};

/**
 * Writes the main file of a program or a thread anew, and files beside it whose names begin with `joined-`: one for each
 * part that is loaded later. Packages are not joined. What such a file does not use of a module is left out, and a module
 * of which it uses nothing is not run. Whoever imports the package loads the files as they were compiled.
 *
 * @param root of the package.
 * @param main compiled, below `dist/`; the only one of its folder.
 */
export async function joinModules(root, main) {
  const folder = dirname(main);
  for (const name of readdirSync(folder)) if (name.startsWith(prefix)) rmSync(join(folder, name));
  await build({
    configFile: false,
    root,
    logLevel: 'warn',
    publicDir: false,
    plugins: [requireFiles, keepPlaces(folder)],
    build: {
      ssr: main,
      outDir: folder,
      emptyOutDir: false,
      target: 'node20',
      minify: false,
      sourcemap: false,
      rolldownOptions: {
        treeshake: { moduleSideEffects: false },
        output: {
          entryFileNames: '[name].js',
          chunkFileNames: `${prefix}[name].js`,
          // what only few parts need is not to be in a file with what all need
          codeSplitting: {
            includeDependenciesRecursively: false,
            groups: [{ name: 'schema', test: /affect[\\/]schema\.js$/ }],
          },
        },
      },
    },
  });
}
