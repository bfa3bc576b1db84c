// npm start [-- FILE… or any arguments of `affectline analyze`]
// In a terminal, and without arguments, it goes on to show the sample film on the page, until Ctrl-C.
import { join } from 'node:path';
import { prepare, root, run } from './prepare.mjs';

prepare();
const given = process.argv.slice(2);
const sample = 'samples/sample.mp4';
const affectline = (words, options) =>
  run(process.execPath, [join(root, 'dist/cli/main.js'), ...words], options);
if (given.length > 0) affectline(['analyze', ...given], { cwd: process.env.INIT_CWD ?? process.cwd() });
else {
  affectline(['analyze', sample, '--out', 'runs/sample', '-y']);
  if (process.stdin.isTTY && process.stdout.isTTY) {
    const library = ['--library', 'runs/library'];
    affectline(['library', 'add', sample, ...library]);
    console.log('The page, until Ctrl-C:');
    affectline(['serve', ...library]);
  }
}
