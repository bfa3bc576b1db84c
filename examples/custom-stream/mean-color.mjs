// A stream of your own in one file: what a film's mean color says. It trains on labeled clips and analyzes a film.
//
//   node examples/custom-stream/mean-color.mjs DATA FILM [RUN]
//
// DATA is a folder with labels.csv (see docs/datasets.md), RUN the folder that the model is kept in.
import { openAnalyzer } from 'affectline/analysis';
import { ClipCache } from 'affectline/clips';
import { openDataSet, splitNamed } from 'affectline/datasets';
import { preprocessingFor, registerStream } from 'affectline/streams';
import { initialParameters, openSplit, train, trainingConfiguration } from 'affectline/training';

/** Red, green and blue of a frame, each averaged over all of it: around 0, and about as wide as other inputs. */
const meanColor = {
  about: 'the mean of red, green and blue',
  // of one frame: three channels of a single place
  inputShape: () => [3, 1, 1],
  write({ rgb }, input) {
    const sums = [0, 0, 0];
    for (let i = 0; i < rgb.length; i++) sums[i % 3] += rgb[i];
    for (let channel = 0; channel < 3; channel++)
      input[channel] = (sums[channel] / (rgb.length / 3) - 128) / 64;
  },
  // no network of its own: the fusion, which follows, and the regression learn from the color as it is
  map: (x) => x,
};

registerStream({
  name: 'mean-color',
  aliases: [],
  about: 'the mean color of frames',
  takes: 'frame',
  backbones: { mean: meanColor },
  trained: false,
});

const [data, film, folder = 'runs/mean-color'] = process.argv.slice(2);
if (!data || !film) {
  process.stderr.write('usage: node mean-color.mjs DATA FILM [RUN]\n');
  process.exit(2);
}

const configuration = trainingConfiguration(
  {
    preset: 'compact',
    streams: ['mean-color'],
    batchSize: 4,
    epochs: 20,
    patience: 20,
    learningRate: { head: 0.01 },
  },
  'mean-color.mjs',
);
const { clips } = openDataSet(data);
const split = splitNamed(configuration.split, clips, configuration.seed);
const preprocessing = preprocessingFor(configuration.preset);
const cache = new ClipCache(`${folder}/clips`, preprocessing);
await cache.prepare(clips);
const opened = await openSplit(split, cache);
const { best, records } = await train({
  configuration,
  folder,
  train: opened.train,
  validation: opened.validation,
  parameters: await initialParameters(configuration),
  model: {
    name: 'mean color',
    trained: `${split.train.length} clips of ${data}`,
    synthetic: false,
    preprocessing,
  },
});

// The model names its streams, so whoever registers them can use it.
const analyzer = await openAnalyzer({ model: best });
const { clip, streams } = await analyzer.analyze(film);
await analyzer.close();
const validationError = Math.min(...records.map((record) => record.validationError));
process.stdout.write(`${JSON.stringify({ film, streams, clip, best, validationError })}\n`);
