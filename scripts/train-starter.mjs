// npm run starter [-- --out FOLDER]: renders the synthetic films, trains the starter model on them by models/starter/train.yaml,
// and writes it to models/starter. Stopped at any moment, the same command goes on.
import { existsSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { prepare, root, run } from './prepare.mjs';

const { out } = parseArgs({ options: { out: { type: 'string', default: 'runs/starter' } } }).values;
const folder = resolve(root, out);
const films = join(folder, 'synthetic');
const affectline = (...given) => run(process.execPath, [join(root, 'dist/cli/main.js'), ...given]);

prepare();
affectline('dataset', 'synthesize', '--films', '40', '--clips', '800', '--seed', '1', '--out', films);
const started = existsSync(join(folder, 'starter/config.yaml'));
const begin = started ? ['--resume'] : ['--config', join(root, 'models/starter/train.yaml')];
affectline('train', '--data', films, '--out', folder, '--name', 'starter', ...begin);

const { readModel, writeModel } = await import('../dist/models/node/index.js');
const { description, ...model } = await readModel(join(folder, 'starter'));
await writeModel(join(root, 'models/starter'), { ...model, ...description, name: 'starter' }, 'float16');
