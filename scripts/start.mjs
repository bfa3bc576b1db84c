// npm start [-- FILE… or any arguments of `affectline analyze`]
import { join } from 'node:path';
import { prepare, root, run } from './prepare.mjs';

prepare();
const given = process.argv.slice(2);
const sample = ['samples/sample.mp4', '--out', 'runs/sample', '-y'];
run(process.execPath, [join(root, 'dist/cli/main.js'), 'analyze', ...(given.length > 0 ? given : sample)], {
  cwd: given.length > 0 ? (process.env.INIT_CWD ?? process.cwd()) : root,
});
