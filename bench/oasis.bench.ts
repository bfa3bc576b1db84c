// Photographs: ridge regression on features of MobileNet against the ratings of OASIS (Kurdi, Lozano & Banaji 2017).
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { EigenvalueDecomposition, Matrix } from 'ml-matrix';
import sharp from 'sharp';
import { mean, metricsOf, variance } from '../src/affect/index.ts';
import { writePicture } from '../src/clips/index.ts';
import { globalAveragePool, input, parametersOf } from '../src/graph/index.ts';
import { mobilenet } from '../src/networks/index.ts';
import { openSession } from '../src/runtime/node/index.ts';
import { grouped } from '../src/support/grouped.ts';
import { describeMachine } from '../src/support/machine.ts';
import { Random } from '../src/support/random.ts';
import { pretrainedFile } from '../src/support/testing.ts';
import { loadInto, readWeights } from '../src/weights/index.ts';

const folds = 10;
const seed = 1;
const folder =
  process.env.AFFECTLINE_OASIS ?? fileURLToPath(new URL('../../shared/data/oasis', import.meta.url));

interface Photograph {
  file: string;
  /** What it shows: "Acorns" of "Acorns 1". */
  theme: string;
  ratings: readonly [valence: number, arousal: number];
}

function photographs(): Photograph[] {
  const [header, ...rows] = readFileSync(join(folder, 'OASIS.csv'), 'utf8')
    .split(/\r\n?|\n/)
    .filter((line) => line.trim() !== '')
    .map((line) => line.split(','));
  const column = (name: string) => header!.indexOf(name);
  const images = new Map(
    readdirSync(join(folder, 'images')).map((file) => [file.replace(/\.\w+$/, '').trim(), file]),
  );
  return rows.map((row) => {
    const name = row[column('Theme')]!.trim();
    const file = images.get(name);
    if (!file) throw new Error(`no picture of '${name}' in ${folder}/images`);
    const ratings = [Number(row[column('Valence_mean')]), Number(row[column('Arousal_mean')])] as const;
    return { file, theme: name.replace(/\s*\d+$/, ''), ratings };
  });
}

/** The whole picture as a square of levels, red, green, blue. */
async function square(file: string, side: number): Promise<Uint8Array> {
  const picture = sharp(join(folder, 'images', file))
    .removeAlpha()
    .toColorspace('srgb');
  return await picture.resize(side, side, { fit: 'fill' }).raw().toBuffer();
}

/** Mean and deviation of red, green and blue; of lightness; mean saturation. */
async function colors(file: string): Promise<number[]> {
  const levels = await square(file, 64);
  const pixels = Array.from({ length: levels.length / 3 }, (_, i) => levels.subarray(3 * i, 3 * i + 3));
  const deviation = (values: number[]) => Math.sqrt(variance(values));
  const planes = [0, 1, 2].map((channel) => pixels.map((pixel) => pixel[channel]!));
  const lightness = pixels.map((pixel) => (Math.max(...pixel) + Math.min(...pixel)) / 2);
  const saturation = pixels.map((pixel) => 1 - Math.min(...pixel) / Math.max(1, ...pixel));
  return [...planes, lightness].flatMap((plane) => [mean(plane), deviation(plane)]).concat(mean(saturation));
}

async function features(files: readonly string[], version: 1 | 2, weights: string): Promise<number[][]> {
  const side = 224;
  const map = mobilenet(input('picture', [1, 3, side, side]), { prefix: 'picture.' }, { version });
  const parameters = loadInto(parametersOf(map), await readWeights(weights), {
    source: weights,
    rename: true,
  });
  const session = await openSession({ features: globalAveragePool(map) }, { parameters });
  const rows: number[][] = [];
  for (const file of files) {
    const data = new Float32Array(3 * side * side);
    writePicture(await square(file, side), data);
    const results = await session.run({ picture: { shape: [1, 3, side, side], data } });
    rows.push(Array.from(results.features!.data));
  }
  await session.close();
  return rows;
}

/**
 * Predictions for held-out rows by ridge regression in its dual form, one column per label; the penalty is that of the
 * lowest error where each training row in turn is left out, which the eigenvectors of the rows' products give at once.
 */
function ridgePredictions(train: number[][], labels: number[][], held: number[][]): number[][] {
  const centers = train[0]!.map((_, j) => mean(train.map((row) => row[j]!)));
  const scales = centers.map((_, j) => Math.sqrt(variance(train.map((row) => row[j]!))) || 1);
  const standardized = (rows: number[][]) =>
    new Matrix(rows.map((row) => row.map((value, j) => (value - centers[j]!) / scales[j]!)));
  const x = standardized(train);
  const { realEigenvalues, eigenvectorMatrix: vectors } = new EigenvalueDecomposition(x.mmul(x.transpose()), {
    assumeSymmetric: true,
  });
  const kernel = standardized(held).mmul(x.transpose());
  return labels[0]!.map((_, label) => {
    const y = labels.map((row) => row[label]!);
    const intercept = mean(y);
    const along = vectors.transpose().mmul(Matrix.columnVector(y.map((value) => value - intercept)));
    let best = { error: Number.POSITIVE_INFINITY, weights: along };
    for (let power = 1; power <= 6; power += 0.5) {
      const inverse = realEigenvalues.map((value) => 1 / (Math.max(value, 0) + 10 ** power));
      const weights = vectors.mmul(Matrix.columnVector(inverse.map((value, i) => value * along.get(i, 0))));
      let error = 0;
      for (let i = 0; i < y.length; i++) {
        let diagonal = 0;
        for (let k = 0; k < y.length; k++) diagonal += vectors.get(i, k) ** 2 * inverse[k]!;
        error += (weights.get(i, 0) / diagonal) ** 2;
      }
      if (error < best.error) best = { error, weights };
    }
    return kernel
      .mmul(best.weights)
      .to1DArray()
      .map((value) => value + intercept);
  });
}

/** r of valence and of arousal over all photographs, each predicted from the other folds. */
function heldOut(rows: number[][], items: readonly Photograph[], groups: readonly string[]): number[] {
  const order = Random.seeded(seed).shuffled([...new Set(groups)]);
  const foldOf = new Map(order.map((group, i) => [group, i % folds]));
  const byFold = grouped(items.keys(), (i) => foldOf.get(groups[i]!)!);
  const predictions = [0, 1].map(() => new Array<number>(items.length));
  for (const held of byFold.values()) {
    const isHeld = new Set(held);
    const train = [...items.keys()].filter((i) => !isHeld.has(i));
    const labels = train.map((i) => [...items[i]!.ratings]);
    const given = ridgePredictions(
      train.map((i) => rows[i]!),
      labels,
      held.map((i) => rows[i]!),
    );
    for (const [label, values] of given.entries())
      for (const [k, value] of values.entries()) predictions[label]![held[k]!] = value;
  }
  return predictions.map((values, label) => {
    const ratings = items.map((item) => item.ratings[label]!);
    return metricsOf(values, ratings).r;
  });
}

const weights = [
  'coral/mobilenet_v1_1.0_224_quant_embedding_extractor.tflite',
  'coral/mobilenet_v2_1.0_224_quant.tflite',
].map(pretrainedFile);
if (!weights[0] || !weights[1]) {
  console.log(
    'skipped: needs the MobileNets of `affectline weights list` in the folder AFFECTLINE_MODELS/coral',
  );
  process.exit();
}
const items = photographs();
const files = items.map(({ file }) => file);
const one = await features(files, 1, weights[0]);
const two = await features(files, 2, weights[1]);
const sets: [string, number[][]][] = [
  ['9 numbers of color and light', await Promise.all(files.map(colors))],
  ['MobileNetV1 (1024)', one],
  ['MobileNetV2 (1280)', two],
  ['both', one.map((row, i) => [...row, ...two[i]!])],
];
console.log(`${describeMachine()}; ${items.length} photographs, ${folds} folds, seed ${seed}\n`);
console.log(
  '| features, ridge regression | random folds: valence | arousal | folds by theme: valence | arousal |',
);
console.log('| --- | --- | --- | --- | --- |');
for (const [name, rows] of sets) {
  const random = heldOut(rows, items, files);
  const byTheme = heldOut(
    rows,
    items,
    items.map(({ theme }) => theme),
  );
  const cells = [...random, ...byTheme].map((r) => r.toFixed(3).replace('0.', '.'));
  console.log(`| ${name} | ${cells.join(' | ')} |`);
}
