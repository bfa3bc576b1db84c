// What the stream of faces adds beside the paper's three on synthetic films with drawn faces (docs/faces.md): each clip's
// mean features under the starter model's frozen streams, with and without the numbers of faces, and a linear end (the
// paper's head) learned by ridge regression; every film is predicted by what was learned without it.
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
import { crossValidatedRidge } from '../src/evaluation/index.ts';
import { faceNumbers } from '../src/faces/index.ts';
import { extractFeatures, featuresWithin, Sessions } from '../src/features/index.ts';
import { nodeRuntime } from '../src/runtime/node/index.ts';
import { standardStreams } from '../src/streams/index.ts';
import { describeMachine } from '../src/support/machine.ts';
import { Random } from '../src/support/random.ts';
import { synthesize } from '../src/synthesis/index.ts';
import { openClips } from '../src/training/index.ts';

const folds = 6;
const momentStep = 3;
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
  const isThere = faceNumbers.indexOf('is there a face');
  const facedFilms = new Set(films.filter((_, i) => rows[i]!.faces[isThere]! > 0.1));
  const all = films.map((_, i) => i);
  const groups = {
    'all clips': all,
    'films with faces': all.filter((i) => facedFilms.has(films[i]!)),
    'films without': all.filter((i) => !facedFilms.has(films[i]!)),
    'clips without': all.filter((i) => rows[i]!.faces[isThere]! <= 0.1),
  };
  const ends = {
    'three streams': rows.map(({ paper }) => paper),
    'and faces': rows.map(({ paper, faces }) => [...paper, ...faces]),
    'faces alone': rows.map(({ faces }) => faces),
  };
  for (const dimension of ['valence', 'arousal'] as const)
    for (const [name, features] of Object.entries(ends)) {
      const labels = clips.map((clip) => clip[dimension]);
      const predicted = predictLeftOut(features, labels, films);
      const shown = Object.entries(groups).map(([group, indices]) => {
        const of = (values: readonly number[]) => indices.map((i) => values[i]!);
        const { r, mse } = metricsOf(of(predicted), of(labels));
        return `${group} (${indices.length}) r ${r.toFixed(3)} mse ${mse.toFixed(3)}`;
      });
      console.log(`${dimension}, ${name}: ${shown.join('; ')}`);
    }
} finally {
  rmSync(folder, { recursive: true });
}

async function meanFaces(clip: ClipFile): Promise<number[]> {
  const sums = new Array<number>(faceNumbers.length).fill(0);
  const indices = Array.from({ length: clip.segmentCount }, (_, i) => i);
  for (const { faces } of await clip.segments(indices, { frame: false, pair: false }))
    for (const [i, value] of faces!.entries()) sums[i]! += value / clip.segmentCount;
  return sums;
}

/** What is said of each clip by what was learned from other films. */
function predictLeftOut(
  features: readonly (readonly number[])[],
  labels: readonly number[],
  films: readonly string[],
): number[] {
  const order = Random.seeded(1).shuffled([...new Set(films)]);
  const predicted: number[] = [];
  for (let fold = 0; fold < folds; fold++) {
    const isLeft = films.map((film) => order.indexOf(film) % folds === fold);
    const kept = films.map((_, i) => i).filter((i) => !isLeft[i]);
    const end = crossValidatedRidge(
      kept.map((i) => features[i]!),
      kept.map((i) => labels[i]!),
      kept.map((i) => films[i]!),
      1,
    );
    for (const [i, left] of isLeft.entries()) if (left) predicted[i] = end.predict(features[i]!);
  }
  return predicted;
}
