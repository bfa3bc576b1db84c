// What the stream of faces adds beside the paper's three on synthetic films with drawn faces (docs/faces.md): each clip's
// mean features under the starter model's frozen streams and a linear end (the paper's head) learned by ridge regression;
// and what the numbers of faces add to it, learned by ridge regression from what that leaves, as a network to which the
// stream is added learns it (`addsTo`): nothing where nobody is seen. Every film is predicted by what was learned without it.
//
//   AFFECTLINE_FACE_DATA=FOLDER  a data set (default: 24 films, 168 clips with faces, rendered to a temporary folder)
//   AFFECTLINE_FACE_CACHE=FOLDER  where its clips are prepared
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { metricsOf } from '../src/affect/index.ts';
import { readModel, starterFolder } from '../src/analysis/node/index.ts';
import { ClipCache, type ClipFile, clipSource, preprocessingOf } from '../src/clips/index.ts';
import { openDataSet } from '../src/datasets/index.ts';
import { crossValidatedRidge, leastSquares } from '../src/evaluation/index.ts';
import { faceNumbers } from '../src/faces/index.ts';
import { extractFeatures, featuresWithin, Sessions } from '../src/features/index.ts';
import { nodeRuntime } from '../src/runtime/node/index.ts';
import { standardStreams } from '../src/streams/index.ts';
import { grouped } from '../src/support/grouped.ts';
import { describeMachine } from '../src/support/machine.ts';
import { Random } from '../src/support/random.ts';
import { synthesize } from '../src/synthesis/index.ts';
import { openClips } from '../src/training/index.ts';

const isThere = faceNumbers.indexOf('is there a face');
const folds = 6;
const momentStep = 3;
/** Films are shared out to the folds in so many ways, and what comes of it averaged. */
const foldSeeds = [1, 2, 3, 4, 5];
const resamples = 500;
/** Of the ridge regression that learns what faces add. */
const penalties = [0.1, 1, 10, 100, 1000, 10_000];
const folder = mkdtempSync(join(tmpdir(), 'affectline-face-'));
try {
  const data = process.env.AFFECTLINE_FACE_DATA ?? join(folder, 'data');
  if (!process.env.AFFECTLINE_FACE_DATA)
    await synthesize(data, { films: 24, clips: 168, seed: 5, faces: true });
  const { clips } = openDataSet(data);
  console.log(describeMachine());

  const model = await readModel(starterFolder);
  const asked = { preset: model.network.preset, sampling: model.preprocessing.sampling, streams: ['face'] };
  const cache = new ClipCache(
    process.env.AFFECTLINE_FACE_CACHE ?? join(folder, 'clips'),
    await preprocessingOf(asked),
  );
  await cache.prepare(clips);
  const opened = await openClips(clips, cache);

  const sessions = new Sessions(model, nodeRuntime());
  const inputs = model.network.heads.flatMap(({ inputs }) => inputs);
  const rows: { paper: number[]; faces: number[] }[] = [];
  for (const { clip } of opened) {
    const found = await extractFeatures(clipSource(clip, momentStep), {
      ...{ model, sessions },
      streams: standardStreams,
    });
    const vectors = featuresWithin(found, 0, clip.duration);
    const paper = inputs.flatMap(({ track, channels }) => {
      const vector = vectors.get(track);
      return [...(vector ?? new Array<number>(channels).fill(0)), vector ? 1 : 0];
    });
    rows.push({ paper, faces: await meanFaces(clip) });
  }
  await sessions.close();

  const films = clips.map(({ film }) => film);
  const facedFilms = new Set(films.filter((_, i) => rows[i]!.faces[isThere]! > 0.1));
  const all = films.map((_, i) => i);
  const groups = {
    'all clips': all,
    'films with faces': all.filter((i) => facedFilms.has(films[i]!)),
    'films without': all.filter((i) => !facedFilms.has(films[i]!)),
    'clips without': all.filter((i) => rows[i]!.faces[isThere]! <= 0.1),
  };
  for (const dimension of ['valence', 'arousal'] as const) {
    const labels = clips.map((clip) => clip[dimension]);
    for (const number of ['happy', 'neutral', 'largest height']) {
      const own = rows.map(({ faces }) => faces[faceNumbers.indexOf(number)]!);
      console.log(`${dimension} and ${number}: r ${metricsOf(own, labels).r.toFixed(3)}`);
    }
    const found = foldSeeds.map((seed) => predictLeftOut(rows, labels, films, seed));
    const predicted = new Map([
      ['three streams', found.map(({ paper }) => paper)],
      ['and faces', found.map(({ withFaces }) => withFaces)],
    ]);
    const moved = rows.flatMap(({ faces }, i) =>
      faces[isThere] === 0 ? found.map(({ paper, withFaces }) => Math.abs(withFaces[i]! - paper[i]!)) : [],
    );
    console.log(`${dimension}: clips without any face change by at most ${Math.max(0, ...moved)}`);
    for (const [group, indices] of Object.entries(groups)) {
      const rOf = (name: string, chosen: readonly number[]) =>
        average(
          predicted.get(name)!.map((own) => {
            const of = (values: readonly number[]) => chosen.map((i) => values[i]!);
            return metricsOf(of(own), of(labels)).r;
          }),
        );
      const gain = (chosen: readonly number[]) => rOf('and faces', chosen) - rOf('three streams', chosen);
      const gains = resampledByFilm(indices, films).map(gain).filter(Number.isFinite);
      gains.sort((x, y) => x - y);
      const at = (share: number) => gains[Math.floor(share * gains.length)]!.toFixed(3);
      const each = [...predicted.keys()].map((name) => `${name} ${rOf(name, indices).toFixed(3)}`);
      const filmCount = new Set(indices.map((i) => films[i]!)).size;
      console.log(
        `${dimension}, ${group} (${indices.length} of ${filmCount} films): r ${each.join(', ')}; ` +
          `faces add ${gain(indices).toFixed(3)} (95%: ${at(0.025)} … ${at(0.975)})`,
      );
    }
  }
} finally {
  rmSync(folder, { recursive: true });
}

function average(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0) / values.length;
}

/** Clips of as many films as there are, drawn with replacement. */
function resampledByFilm(indices: readonly number[], films: readonly string[]): number[][] {
  const own = [...grouped(indices, (i) => films[i]!).values()];
  const random = Random.seeded(1);
  return Array.from({ length: resamples }, () => own.flatMap(() => own[random.integer(own.length)]!));
}

async function meanFaces(clip: ClipFile): Promise<number[]> {
  const sums = new Array<number>(faceNumbers.length).fill(0);
  const indices = Array.from({ length: clip.segmentCount }, (_, i) => i);
  for (const { faces } of await clip.segments(indices, { frame: false, pair: false }))
    for (const [i, value] of faces!.entries()) sums[i]! += value / clip.segmentCount;
  return sums;
}

interface Row {
  readonly paper: readonly number[];
  readonly faces: readonly number[];
}

/** What is said of each clip, without faces and with them, by what was learned from other films. */
function predictLeftOut(
  rows: readonly Row[],
  labels: readonly number[],
  films: readonly string[],
  seed: number,
): { paper: number[]; withFaces: number[] } {
  const order = Random.seeded(seed).shuffled([...new Set(films)]);
  const [paper, withFaces]: number[][] = [[], []];
  for (let fold = 0; fold < folds; fold++) {
    const isLeft = films.map((film) => order.indexOf(film) % folds === fold);
    const kept = films.map((_, i) => i).filter((i) => !isLeft[i]);
    const own = kept.map((i) => films[i]!);
    const end = crossValidatedRidge(
      kept.map((i) => rows[i]!.paper),
      kept.map((i) => labels[i]!),
      own,
      seed,
    );
    const left = kept.map((i) => labels[i]! - end.predict(rows[i]!.paper));
    const addition = learnedAddition(
      kept.map((i) => rows[i]!.faces),
      left,
      own,
      seed,
    );
    for (const [i, isOut] of isLeft.entries()) {
      if (!isOut) continue;
      paper![i] = end.predict(rows[i]!.paper);
      withFaces![i] = paper![i]! + addition(rows[i]!.faces);
    }
  }
  return { paper: paper!, withFaces: withFaces! };
}

/**
 * What faces add to an answer, by ridge regression without an intercept: zeros, which mean nobody, add nothing. The penalty
 * is chosen on films left out, in five folds.
 *
 * @param left what the answer without faces is short of.
 */
function learnedAddition(
  faces: readonly (readonly number[])[],
  left: readonly number[],
  films: readonly string[],
  seed: number,
): (faces: readonly number[]) => number {
  const shown = faces.filter((row) => row[isThere]! > 0);
  const time = shown.reduce((sum, row) => sum + row[isThere]!, 0);
  // numbers less what they usually are where there is a face, for as long as there is one
  const usual = faceNumbers.map((_, k) => shown.reduce((sum, row) => sum + row[k]!, 0) / time);
  const centered = (row: readonly number[]) =>
    row.map((value, k) => (k === isThere ? value : value - usual[k]! * row[isThere]!));
  const spread = faceNumbers.map(
    (_, k) => Math.sqrt(average(shown.map((row) => centered(row)[k]! ** 2))) || 1,
  );
  const scaled = (row: readonly number[]) => centered(row).map((value, k) => value / spread[k]!);
  const columns = faces.map(scaled);
  const fitted = (indices: readonly number[], penalty: number) => {
    const weights = leastSquares(
      indices.map((i) => columns[i]!),
      indices.map((i) => left[i]!),
      penalty,
    );
    return (row: readonly number[]) => row.reduce((sum, value, k) => sum + value * weights[k]!, 0);
  };
  const all = films.map((_, i) => i);
  const order = Random.seeded(seed).shuffled([...new Set(films)]);
  const error = (penalty: number) =>
    [0, 1, 2, 3, 4].reduce((sum, fold) => {
      const isOut = (i: number) => order.indexOf(films[i]!) % 5 === fold;
      const predict = fitted(
        all.filter((i) => !isOut(i)),
        penalty,
      );
      return all.filter(isOut).reduce((own, i) => own + (predict(columns[i]!) - left[i]!) ** 2, sum);
    }, 0);
  const errors = penalties.map(error);
  const predict = fitted(all, penalties[errors.indexOf(Math.min(...errors))]!);
  return (row) => predict(scaled(row));
}
