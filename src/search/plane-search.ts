import type { Affect } from '../affect/index.ts';
import { type Library, momentStep, pointText, valenceOf } from '../library/index.ts';
import type { Scene, SceneFilter } from './scene.ts';

/** A part of the plane: what lies within, the nearest to `towards` first. */
export interface Region {
  valence: readonly [low: number, high: number];
  arousal: readonly [low: number, high: number];
  towards: Affect;
}

interface MomentRow {
  film: string;
  path: string;
  time: number;
  x: number;
  y: number;
  uncertainty: number | null;
  distance: number;
}

/** Moments that are fetched for each scene that is asked for: neighbors in a film are one scene. */
const momentsPerScene = 8;
/** More moments than this are not looked at, however few scenes they make. */
const mostMoments = 20_000;

/** The statement of `searchPlane`, and its parameters; by itself so that its plan can be looked at. */
export function planeStatement(
  model: number,
  towards: Affect,
  region: Region | undefined,
  { films, shortest, longest, uncertainty }: SceneFilter,
  limit: number,
): { sql: string; parameters: unknown[] } {
  const parameters: unknown[] = [pointText(towards, model), limit];
  const conditions: string[] = [];
  const add = (condition: (parameter: string) => string, value: unknown) => {
    parameters.push(value);
    conditions.push(condition(`$${parameters.length}`));
  };
  // the planes of other models lie at other places of the index, behind all of this one
  const [left, right] = region ? region.valence : [-4, 4];
  const [low, high] = region ? region.arousal : [-4, 4];
  const corner = (valence: number, arousal: number) => pointText({ valence, arousal }, model);
  add((box) => `moment.at <@ ${box}::box`, `(${corner(right, high)},${corner(left, low)})`);
  if (uncertainty !== undefined) add((most) => `moment.uncertainty <= ${most}`, uncertainty);
  const ofFilms: string[] = [];
  const addFilm = (condition: (parameter: string) => string, value: unknown) => {
    parameters.push(value);
    ofFilms.push(condition(`$${parameters.length}`));
  };
  if (films) addFilm((list) => `film.id = any(${list}::bigint[])`, films);
  if (shortest !== undefined) addFilm((least) => `film.duration >= ${least}`, shortest);
  if (longest !== undefined) addFilm((most) => `film.duration <= ${most}`, longest);
  if (ofFilms.length > 0)
    conditions.push(`moment.curve_id in (select curve.id from affectline.curve
      join affectline.film on film.id = curve.film_id where ${ofFilms.join(' and ')})`);
  return {
    sql: `select film.id as film, film.path, near.time, near.at[0] as x, near.at[1] as y, near.uncertainty, near.distance
      from (
        select moment.curve_id, moment.time, moment.at, moment.uncertainty, moment.at <-> $1::point as distance
        from affectline.moment where ${conditions.join(' and ')}
        order by moment.at <-> $1::point limit $2
      ) near
      join affectline.curve on curve.id = near.curve_id join affectline.film on film.id = curve.film_id
      order by near.distance, film.id, near.time`,
    parameters,
  };
}

/** The scenes nearest to a point of the plane (−1 … 1), or those of a region nearest to where it tends; nearest first. */
export async function searchPlane(
  library: Library,
  wanted: Affect | Region,
  filter: SceneFilter = {},
): Promise<Scene[]> {
  const model = await currentModel(library);
  if (model === undefined) return [];
  const region = 'towards' in wanted ? wanted : undefined;
  const towards = 'towards' in wanted ? wanted.towards : wanted;
  const count = filter.limit ?? 10;
  for (let limit = count * momentsPerScene; ; limit *= 4) {
    const { sql, parameters } = planeStatement(model, towards, region, filter, limit);
    const rows = await library.database.query<MomentRow>(sql, parameters);
    const scenes = scenesOf(rows, model);
    if (scenes.length >= count || rows.length < limit || limit >= mostMoments) return scenes.slice(0, count);
  }
}

/** The number of the model that is searched; nothing in an empty library. */
export async function currentModel(library: Library): Promise<number | undefined> {
  const [row] = await library.database.query<{ id: number }>('select id from affectline.model where current');
  return row?.id;
}

/** Moments of a film that follow each other are one scene. */
function scenesOf(rows: readonly MomentRow[], model: number): Scene[] {
  const films = new Map<string, MomentRow[]>();
  for (const row of rows) films.set(row.film, [...(films.get(row.film) ?? []), row]);
  const scenes: Scene[] = [];
  for (const moments of films.values()) {
    moments.sort((a, b) => a.time - b.time);
    let scene: MomentRow[] = [];
    for (const [index, moment] of moments.entries()) {
      scene.push(moment);
      const next = moments[index + 1];
      if (next && next.time - moment.time <= momentStep * 1.5) continue;
      scenes.push(sceneOf(scene, model));
      scene = [];
    }
  }
  return scenes.sort((a, b) => a.distance - b.distance || a.film - b.film || a.from - b.from);
}

function sceneOf(moments: readonly MomentRow[], model: number): Scene {
  const [first, last] = [moments[0]!, moments.at(-1)!];
  const best = moments.reduce((one, other) => (other.distance < one.distance ? other : one));
  const mean = (of: (row: MomentRow) => number) =>
    moments.reduce((sum, row) => sum + of(row), 0) / moments.length;
  return {
    film: Number(first.film),
    path: first.path,
    // a moment stands for the seconds around it
    from: Math.max(first.time - momentStep / 2, 0),
    to: last.time + momentStep / 2,
    affect: {
      valence: valenceOf(
        mean(({ x }) => x),
        model,
      ),
      arousal: mean(({ y }) => y),
    },
    ...(best.uncertainty !== null && { uncertainty: best.uncertainty }),
    distance: best.distance,
  };
}
