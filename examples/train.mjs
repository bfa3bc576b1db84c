// node examples/train.mjs DATA OUT [YAML]: trains on labels of your own and analyzes a film with the model.
// DATA holds labels.csv with the columns path,valence,arousal,film and the clips that it names (docs/datasets.md); YAML
// holds the keys of a configuration that differ from their defaults (affectline train --keys).
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { openAnalyzer } from 'affectline';
import { openDataSet, splitNamed } from 'affectline/datasets';
import { evaluate } from 'affectline/evaluation';
import { preparedClips, silent, trainAndPredict } from 'affectline/experiment';
import { parseConfiguration } from 'affectline/training';

const [data, out, yaml] = process.argv.slice(2);
const configuration = parseConfiguration(yaml ? await readFile(yaml, 'utf8') : '', yaml ?? 'the defaults');
const reporting = { ...silent, say: (line) => console.error(line) };

const dataSet = openDataSet(data);
const split = splitNamed(configuration.split, dataSet.clips, configuration.seed);
const cache = await preparedClips(dataSet, configuration, join(out, 'clips'), reporting);
const folder = join(out, 'own');
const { test } = await trainAndPredict({ ...reporting, dataSet, split, cache, configuration, folder });
console.log(`test clips: MSE of arousal ${evaluate(split.test, test).arousal.mse.toFixed(3)}`);

const analyzer = await openAnalyzer({ model: join(folder, 'best') });
const { clip, model } = await analyzer.analyze(split.test[0].path);
await analyzer.close();
console.log(
  `${model.name} of ${split.test[0].id}: valence ${clip.valence.toFixed(2)}, arousal ${clip.arousal.toFixed(2)}`,
);
