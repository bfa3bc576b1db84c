// npm start [-- FILE… or any arguments of `affectline analyze`]
// In a terminal, and where all that is given are films and folders, or nothing, it goes on to show the film (else the
// sample) on the page, until Ctrl-C.
import { existsSync, statSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { prepare, root, run } from './prepare.mjs';

prepare();
const given = process.argv.slice(2);
const sample = 'samples/sample.mp4';
const affectline = (words, options) =>
  run(process.execPath, [join(root, 'dist/cli/main.js'), ...words], options);
const isTerminal = process.stdin.isTTY && process.stdout.isTTY;
const cwd = process.env.INIT_CWD ?? process.cwd();
const library = ['--library', join(root, 'runs/library')];

/** The page of a film that has been analyzed. */
function show(films, options) {
  affectline(['library', 'add', ...films, ...library], options);
  const [film] = films.filter((path) => statSync(resolve(options.cwd, path)).isFile());
  console.log('The page, until Ctrl-C:');
  affectline(['serve', ...library, ...(film === undefined ? [] : ['--film', film])], options);
}

if (given.length > 0) {
  affectline(['analyze', ...given], { cwd });
  if (isTerminal && given.every((path) => existsSync(resolve(cwd, path))))
    show(
      given.map((path) => resolve(cwd, path)),
      { cwd },
    );
} else {
  affectline(['analyze', sample, '--out', 'runs/sample', '-y']);
  if (isTerminal) show([sample], { cwd: root });
}
