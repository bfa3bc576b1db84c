// node examples/reproduce.mjs DATA OUT [YAML]: the paper's experiment on a data set; stopped at any moment, the same call goes on.
import { readFile } from 'node:fs/promises';
import { formatTable } from 'affectline/evaluation';
import { reproduceExperiment, silent } from 'affectline/experiment';
import { parseConfiguration } from 'affectline/training';

const [data, folder, yaml] = process.argv.slice(2);
const configuration = parseConfiguration(yaml ? await readFile(yaml, 'utf8') : '', yaml ?? 'the defaults');
const models = ['sound', 'constant'];
const { table } = await reproduceExperiment(
  { data, folder, configuration, models },
  { ...silent, say: (line) => console.error(line) },
);
console.log(formatTable(table, 'text'));
