// Photographs: ridge regression on features of MobileNet and of color against the ratings of OASIS (Kurdi, Lozano & Banaji 2017).
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import sharp from 'sharp';
import { mean, metricsOf, variance } from '../src/affect/index.ts';
import { globalAveragePool, input, parametersOf } from '../src/graph/index.ts';
import { mobilenet } from '../src/networks/index.ts';
import { openSession } from '../src/runtime/node/index.ts';
import { color } from '../src/streams/color.ts';
import { writePicture } from '../src/streams/picture.ts';
import { describeMachine } from '../src/support/machine.ts';
import { Random } from '../src/support/random.ts';
import { pretrainedFile } from '../src/support/testing.ts';
import { loadInto, readModelWeights } from '../src/weights/index.ts';

const folds = 10;
const seed = 1;
const penalties = [0.01, 0.03, 0.1, 0.3, 1, 3];
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
  return [...planes, lightness]
    .flatMap((plane) => [mean(plane), deviation(plane)])
    .concat(255 * mean(saturation));
}

/** What the color stream takes of a picture; a photograph has no shot, whose length comes last. */
async function colorInput(file: string): Promise<number[]> {
  const input = new Float32Array(51);
  color.backbones.dense!.write({ width: 224, height: 224, rgb: await square(file, 224), shot: 1 }, input);
  return [...input.subarray(0, 50)];
}

async function features(files: readonly string[], version: 1 | 2, weights: string): Promise<number[][]> {
  const side = 224;
  const map = mobilenet(input('picture', [1, 3, side, side]), { prefix: 'picture.' }, { version });
  const found = await readModelWeights(weights);
  const parameters = loadInto(parametersOf(map), found.parameters, { source: weights });
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

/** The products of all rows with one another, [rows, rows]: all that ridge regression needs of the features. */
function products(rows: readonly number[][]): Float64Array[] {
  const matrix = rows.map((row) => Float64Array.from(row));
  const result = matrix.map(() => new Float64Array(matrix.length));
  for (const [i, a] of matrix.entries())
    for (let j = 0; j <= i; j++) {
      const b = matrix[j]!;
      let sum = 0;
      for (let k = 0; k < a.length; k++) sum += a[k]! * b[k]!;
      result[i]![j] = sum;
      result[j]![i] = sum;
    }
  return result;
}

/** The lower triangle L of a positive definite matrix L · Lᵀ. */
function cholesky(matrix: readonly Float64Array[]): Float64Array[] {
  const lower = matrix.map((row) => row.slice());
  for (const [i, a] of lower.entries())
    for (let j = 0; j <= i; j++) {
      const b = lower[j]!;
      let sum = a[j]!;
      for (let k = 0; k < j; k++) sum -= a[k]! * b[k]!;
      a[j] = i === j ? Math.sqrt(sum) : sum / b[j]!;
    }
  return lower;
}

/** x of L · Lᵀ · x = y. */
function solved(lower: readonly Float64Array[], y: readonly number[]): Float64Array {
  const x = Float64Array.from(y);
  for (let i = 0; i < x.length; i++) {
    for (let k = 0; k < i; k++) x[i]! -= lower[i]![k]! * x[k]!;
    x[i]! /= lower[i]![i]!;
  }
  for (let i = x.length - 1; i >= 0; i--) {
    x[i]! /= lower[i]![i]!;
    for (let k = 0; k < i; k++) x[k]! -= lower[i]![k]! * x[i]!;
  }
  return x;
}

/**
 * Predictions of both ratings for held-out rows by ridge regression in its dual form, on features centered by the rows
 * to learn from.
 *
 * @param penalties relative to the mean square of the centered features.
 * @returns for each penalty, [valence, arousal] of the held-out rows.
 */
function ridgePredictions(
  all: readonly Float64Array[],
  items: readonly Photograph[],
  train: readonly number[],
  held: readonly number[],
  penalties: readonly number[],
): number[][][] {
  const meanOver = (i: number) => mean(train.map((j) => all[i]![j]!));
  const means = new Map([...train, ...held].map((i) => [i, meanOver(i)]));
  const grand = mean(train.map((i) => means.get(i)!));
  const centered = (i: number, j: number) => all[i]![j]! - means.get(i)! - means.get(j)! + grand;
  const kernel = train.map((i) => Float64Array.from(train, (j) => centered(i, j)));
  const across = held.map((i) => Float64Array.from(train, (j) => centered(i, j)));
  const scale = mean(kernel.map((row, i) => row[i]!));
  return penalties.map((penalty) => {
    const lower = cholesky(kernel.map((row, i) => row.with(i, row[i]! + penalty * scale)));
    return [0, 1].map((label) => {
      const labels = train.map((i) => items[i]!.ratings[label]!);
      const weights = solved(
        lower,
        labels.map((value) => value - mean(labels)),
      );
      return across.map((row) => row.reduce((sum, value, k) => sum + value * weights[k]!, mean(labels)));
    });
  });
}

/**
 * r of valence and of arousal over all photographs, each fold predicted from the nine others; the penalty is the best
 * of those tried when one of these nine is predicted from the eight left.
 */
function heldOut(rows: number[][], items: readonly Photograph[], groups: readonly string[]): number[] {
  const all = products(rows);
  const order = Random.seeded(seed).shuffled([...new Set(groups)]);
  const foldOf = new Map(order.map((group, i) => [group, i % folds]));
  const inFold = (fold: number) => [...items.keys()].filter((i) => foldOf.get(groups[i]!) === fold);
  const predictions = [0, 1].map(() => new Array<number>(items.length));
  for (let fold = 0; fold < folds; fold++) {
    const held = inFold(fold);
    const inner = inFold((fold + 1) % folds);
    const train = [...items.keys()].filter((i) => !held.includes(i));
    const eight = train.filter((i) => !inner.includes(i));
    const tried = ridgePredictions(all, items, eight, inner, penalties);
    for (const label of [0, 1] as const) {
      const ratings = inner.map((i) => items[i]!.ratings[label]);
      const errors = tried.map((values) => metricsOf(values[label]!, ratings).mse);
      const best = penalties[errors.indexOf(Math.min(...errors))]!;
      const [values] = ridgePredictions(all, items, train, held, [best]);
      for (const [k, value] of values![label]!.entries()) predictions[label]![held[k]!] = value;
    }
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
  ['the color stream (50)', await Promise.all(files.map(colorInput))],
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
