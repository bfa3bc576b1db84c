// npm run starter [-- --out FOLDER --seeds COUNT]: renders the synthetic films, trains networks of sound, pictures and motion
// each alone (models/starter/sound.yaml, picture.yaml, motion.yaml) and with them the starter model (train.yaml), compares it
// with ridge regression on handcrafted features, and writes it to models/starter; further seeds show how far it depends on
// its own. Stopped at any moment, the same command goes on.
import { readFileSync, writeFileSync } from 'node:fs';
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
affectline('dataset', 'synthesize', '--films', '160', '--clips', '800', '--seed', '1', '--out', films);
const { pretrain } = await import('./pretrain.mjs');
const weights = {};
for (const file of ['sound.yaml', 'picture.yaml', 'motion.yaml']) {
  const { stream, weights: path } = await pretrain(join(root, 'models/starter', file), folder);
  weights[stream] = path;
}
const configuration = join(folder, 'train.yaml');
const given = readFileSync(join(root, 'models/starter/train.yaml'), 'utf8');
writeFileSync(configuration, `${given}weights: ${JSON.stringify(weights)}\n`);
affectline(
  ...['reproduce', '--data', films, '--out', join(folder, 'results'), '--cache', join(folder, 'clips')],
  ...['--config', configuration, '--split', 'official', '--seeds', seeds],
  ...['--models', 'paper,handcrafted,constant'],
);

const { readModel, writeModel } = await import('../dist/models/node/index.js');
const { description, ...model } = await readModel(join(folder, 'results/models/paper/best'));
await writeModel(join(root, 'models/starter'), { ...model, ...description, name: 'starter' }, 'float16');
