// Joins what `affectline` loads of our own modules into few files, for each of some three hundred costs time at every start.
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

/**
 * Writes a program's main file anew, and files beside it whose names begin with `joined-`: one for each part that is loaded
 * later. Packages are not joined. Threads and children start
 * from the files that were compiled, and so does who imports the package: only the command line has these copies.
 *
 * @param root of the package.
 * @param main compiled, below `dist/`.
 */
export async function joinModules(root, main) {
  const folder = dirname(main);
  for (const name of readdirSync(folder)) if (name.startsWith(prefix)) rmSync(join(folder, name));
  await build({
    configFile: false,
    root,
    logLevel: 'warn',
    publicDir: false,
    plugins: [keepPlaces(folder)],
    build: {
      ssr: main,
      outDir: folder,
      emptyOutDir: false,
      target: 'node20',
      minify: false,
      sourcemap: false,
      rolldownOptions: {
        output: { entryFileNames: '[name].js', chunkFileNames: `${prefix}[name].js` },
      },
    },
  });
}
