import type { Affect } from '../affect/index.ts';
import { type Library, momentStep, unpacked } from '../library/index.ts';
import { InputError, unknownName } from '../support/errors.ts';
import { currentModel, type Region, searchPlane } from './plane-search.ts';
import { type Quadrant, quadrants } from './quadrants.ts';
import type { Hit } from './scan.ts';
import { Scanner } from './scanner.ts';
import type { Scene, SceneFilter } from './scene.ts';
import type { Shape } from './shape.ts';
import { emotionWords } from './words.ts';

/** Candidates whose whole vectors are compared at once, and at most. */
const [batch, mostCandidates] = [128, 2048];

/** Searches a library. Open one and keep it: it remembers the curves between searches. */
export class Search {
  private readonly library: Library;
  private scanner: Scanner | undefined;

  constructor(library: Library) {
    this.library = library;
  }

  /** Scenes nearest to a point of the plane, −1 … 1. */
  point(point: Affect, filter?: SceneFilter): Promise<Scene[]> {
    return searchPlane(this.library, point, filter);
  }

  /** Scenes of a part of the plane. */
  region(region: Region, filter?: SceneFilter): Promise<Scene[]> {
    return searchPlane(this.library, region, filter);
  }

  /** Scenes of a quadrant, those farthest in its corner first. */
  async quadrant(name: Quadrant, filter?: SceneFilter): Promise<Scene[]> {
    const towards = quadrants[name];
    if (!towards) throw unknownName('quadrant', name, Object.keys(quadrants));
    const side = (sign: number): [number, number] => (sign > 0 ? [0, 1] : [-1, 0]);
    return this.region({ valence: side(towards.valence), arousal: side(towards.arousal), towards }, filter);
  }

  /** Scenes nearest to where people place a word. */
  async word(word: string, filter?: SceneFilter): Promise<Scene[]> {
    const point = emotionWords.get(word.toLowerCase());
    if (!point) throw unknownName('word', word, [...emotionWords.keys()]);
    return searchPlane(this.library, point, filter);
  }

  /** Scenes whose curve looks like a shape; a distance of 1 is one standard deviation of the film, in the mean. */
  async shape(shape: Shape, filter: SceneFilter = {}): Promise<Scene[]> {
    const { limit = 10 } = filter;
    const only = await this.curvesOf(filter);
    const hits = await this.scan().scan({ kind: 'shape', shape, limit, ...(only && { only }) });
    return this.scenesOf(hits, ({ start, step }, { index }) => {
      const from = start + index * step;
      return [from, from + shape.length];
    });
  }

  /**
   * Scenes whose vectors are nearest to those of a stretch of a film, which itself is left out. The distance is that of
   * the vectors.
   *
   * @throws InputError when the film has no vectors, or no such stretch.
   */
  async example(film: number, from: number, to: number, filter: SceneFilter = {}): Promise<Scene[]> {
    const { limit = 10 } = filter;
    const model = await currentModel(this.library);
    const [row] = await this.library.database.query<{ id: string; dimensions: number; vectors: Uint8Array }>(
      `select curve.id, dimensions, vectors from affectline.curve join affectline.features on curve_id = curve.id
       where film_id = $1 and model_id = $2`,
      [film, model ?? 0],
    );
    if (!row)
      throw new InputError(
        `film ${film}: there are no feature vectors of it; analyze it again with this model`,
      );
    const own = unpacked(row.vectors);
    const { dimensions } = row;
    const [first, last] = [Math.max(Math.round(from / momentStep), 0), Math.round(to / momentStep)];
    const moments = own.subarray(first * dimensions, (last + 1) * dimensions);
    if (moments.length === 0)
      throw new InputError(
        `film ${film}: lasts ${(own.length / dimensions) * momentStep} s; there is no ${from} to ${to} s`,
      );
    const wanted = new Float32Array(dimensions);
    for (const [index, value] of moments.entries())
      wanted[index % dimensions]! += value / (moments.length / dimensions);
    const only = await this.curvesOf(filter);
    const candidates = await this.scan().scan({
      kind: 'features',
      vector: wanted,
      limit: mostCandidates,
      ...(only && { only }),
    });
    const elsewhere = candidates.filter(
      ({ curve, index }) => curve !== Number(row.id) || index < first - 1 || index > last + 1,
    );
    const hits = await this.nearest(elsewhere, wanted, limit);
    return this.scenesOf(hits, (_, { index }) => [
      Math.max(index * momentStep - momentStep / 2, 0),
      index * momentStep + momentStep / 2,
    ]);
  }

  async close(): Promise<void> {
    await this.scanner?.close();
  }

  private scan(): Scanner {
    this.scanner ??= new Scanner(this.library);
    return this.scanner;
  }

  /** Of candidates in the order of their reduced distance the nearest by whole vectors; neighbors in a film are one. */
  private async nearest(candidates: readonly Hit[], wanted: Float32Array, limit: number): Promise<Hit[]> {
    const bytes = 4 * wanted.length;
    let best: Hit[] = [];
    for (let at = 0; at < candidates.length; at += batch) {
      // a reduced distance is never larger than the whole one, so those that follow are farther
      if (best.length >= limit && candidates[at]!.distance > best[limit - 1]!.distance) break;
      const some = candidates.slice(at, at + batch);
      const rows = await this.library.database.query<{ number: number; vector: Uint8Array }>(
        `select number, substring(vectors from place * $3::int + 1 for $3::int) as vector
         from unnest($1::bigint[], $2::int[]) with ordinality as wanted(curve, place, number)
         join affectline.features on features.curve_id = wanted.curve`,
        [some.map(({ curve }) => curve), some.map(({ index }) => index), bytes],
      );
      for (const { number, vector } of rows) {
        let distance = 0;
        for (const [i, value] of unpacked(vector).entries()) distance += (value - wanted[i]!) ** 2;
        best.push({ ...some[Number(number) - 1]!, distance });
      }
      best = apart(best.sort((a, b) => a.distance - b.distance));
    }
    return best.slice(0, limit).map((hit) => ({ ...hit, distance: Math.sqrt(hit.distance) }));
  }

  /** The curves of the films that a filter lets through; nothing when it lets all through. */
  private async curvesOf({ films, shortest, longest }: SceneFilter): Promise<number[] | undefined> {
    if (!films && shortest === undefined && longest === undefined) return undefined;
    const rows = await this.library.database.query<{ id: string }>(
      `select curve.id from affectline.curve join affectline.film on film.id = curve.film_id
       join affectline.model on model.id = curve.model_id
       where model.current and ($1::bigint[] is null or film.id = any($1::bigint[]))
         and film.duration >= $2 and film.duration <= $3`,
      [films ?? null, shortest ?? 0, longest ?? 1e12],
    );
    return rows.map(({ id }) => Number(id));
  }

  private async scenesOf(
    hits: readonly Hit[],
    spanOf: (curve: { start: number; step: number }, hit: Hit) => [from: number, to: number],
  ): Promise<Scene[]> {
    const curves = [...new Set(hits.map(({ curve }) => curve))];
    const rows = await this.library.database.query<CurveRow>(
      `select curve.id as curve, film.id as film, film.path, start, step, length(valence) / 4 as points
       from affectline.curve join affectline.film on film.id = curve.film_id where curve.id = any($1::bigint[])`,
      [curves],
    );
    const known = new Map(rows.map((row) => [Number(row.curve), row]));
    const scenes = hits.flatMap((hit) => {
      const row = known.get(hit.curve);
      if (!row) return [];
      const [from, to] = spanOf(row, hit);
      const end = Math.min(Math.max(Math.round((to - row.start) / row.step), 1), row.points);
      const first = Math.min(Math.max(Math.round((from - row.start) / row.step), 0), end - 1);
      return [{ hit, row, from, to, first, count: end - first }];
    });
    // only the stretches, for a film's whole curve is long
    const stretches = await this.library.database.query<{ valence: Uint8Array; arousal: Uint8Array }>(
      `select substring(valence from 4 * first + 1 for 4 * points) as valence,
         substring(arousal from 4 * first + 1 for 4 * points) as arousal
       from unnest($1::bigint[], $2::int[], $3::int[]) with ordinality as wanted(curve, first, points, number)
       join affectline.curve on curve.id = wanted.curve order by number`,
      [
        scenes.map(({ hit }) => hit.curve),
        scenes.map(({ first }) => first),
        scenes.map(({ count }) => count),
      ],
    );
    if (stretches.length < scenes.length) return this.scenesOf(hits, spanOf); // a film has just been removed
    return scenes.map(({ hit, row, from, to }, index): Scene => {
      const { valence, arousal } = stretches[index]!;
      const affect = { valence: meanOf(unpacked(valence)), arousal: meanOf(unpacked(arousal)) };
      return { film: Number(row.film), path: row.path, from, to, affect, distance: hit.distance };
    });
  }
}

interface CurveRow {
  curve: string;
  film: string;
  path: string;
  start: number;
  step: number;
  points: number;
}

function meanOf(values: Float32Array): number {
  return values.reduce((sum, value) => sum + value, 0) / values.length;
}

/** Hits without those beside a better one. */
function apart(hits: readonly Hit[]): Hit[] {
  const kept: Hit[] = [];
  for (const hit of hits)
    if (!kept.some(({ curve, index }) => curve === hit.curve && Math.abs(index - hit.index) <= 2))
      kept.push(hit);
  return kept;
}
