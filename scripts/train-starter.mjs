// npm run starter [-- --out FOLDER --seeds COUNT]: renders the synthetic films, trains the starter model on them by
// models/starter/train.yaml, compares it with ridge regression on handcrafted features, and writes the model of the first
// seed to models/starter. Stopped at any moment, the same command goes on.
import { join, resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { prepare, root, run } from './prepare.mjs';

const { out, seeds } = parseArgs({
  options: { out: { type: 'string', default: 'runs/starter' }, seeds: { type: 'string', default: '1' } },
}).values;
const folder = resolve(root, out);
const films = join(folder, 'synthetic');
const affectline = (...given) => run(process.execPath, [join(root, 'dist/cli/main.js'), ...given]);

prepare();
affectline('dataset', 'synthesize', '--films', '80', '--clips', '800', '--seed', '1', '--out', films);
affectline(
  ...['reproduce', '--data', films, '--out', join(folder, 'results'), '--cache', join(folder, 'clips')],
  ...['--config', join(root, 'models/starter/train.yaml'), '--split', 'official', '--seeds', seeds],
  ...['--models', 'paper,handcrafted,constant'],
);

const { readModel, writeModel } = await import('../dist/models/node/index.js');
const { description, ...model } = await readModel(join(folder, 'results/models/paper/best'));
await writeModel(join(root, 'models/starter'), { ...model, ...description, name: 'starter' }, 'float16');
