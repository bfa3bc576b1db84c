import type {
  Comparison,
  FilmDetails,
  FilmPage,
  JobCard,
  LabelOverview,
  LabelSceneCard,
  PlacesCard,
  Problem,
  RunCard,
  SceneCard,
  TraceCard,
} from '../src/server/types.ts';

export type * from '../src/server/types.ts';

/** Asks the server this page comes from. @throws Error with what it says in plain words. */
async function ask<Body>(path: string, init?: RequestInit): Promise<Body> {
  const response = await fetch(path, init).catch(() => {
    throw new Error('The server does not answer. Is `affectline serve` still running?');
  });
  if (response.ok) return response.status === 204 ? (undefined as Body) : await response.json();
  const problem = (await response.json().catch(() => undefined)) as Problem | undefined;
  throw new Error(problem?.error.message ?? `The server answers ${response.status}.`);
}

/** The newest films, or those that were added before one. */
export const films = (before?: number) =>
  ask<FilmPage>(`/api/films${before === undefined ? '' : `?before=${before}`}`);
export const film = (id: number) => ask<FilmDetails>(`/api/films/${id}`);
/** Where in the picture the values of a moment come from. */
export const places = (id: number, at: number) => ask<PlacesCard>(`/api/films/${id}/places?at=${at}`);
export const forget = (id: number) => ask<void>(`/api/films/${id}`, { method: 'DELETE' });
export const formats = () =>
  ask<{ formats: { name: string; about: string; endings: string[] }[] }>('/api/formats').then(
    ({ formats }) => formats,
  );
export const words = () =>
  ask<{ words: { word: string }[]; source: string }>('/api/words').then(({ words }) =>
    words.map(({ word }) => word).sort(),
  );
export const search = (query: Record<string, string | number>) =>
  ask<{ scenes: SceneCard[] }>(
    `/api/search?${new URLSearchParams(Object.entries(query).map(([key, value]) => [key, String(value)]))}`,
  ).then(({ scenes }) => scenes);
export const searchShape = (points: number[], length: number, dimension: 'valence' | 'arousal') =>
  ask<{ scenes: SceneCard[] }>('/api/search/shape', {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ points, length, dimension }),
  }).then(({ scenes }) => scenes);
export const upload = (file: File) =>
  ask<{ job: JobCard }>(`/api/films?name=${encodeURIComponent(file.name)}`, {
    method: 'POST',
    body: file,
  }).then(({ job }) => job);

/** Follows a job until it is done or has failed. @returns what ends the following. */
export function follow(id: string, tell: (job: JobCard) => void): () => void {
  const events = new EventSource(`/api/jobs/${id}/events`);
  events.addEventListener('progress', ({ data }) => {
    const job = JSON.parse(data) as JobCard;
    tell(job);
    if (job.state === 'done' || job.state === 'failed') events.close();
  });
  return () => events.close();
}

const post = (value: unknown): RequestInit => ({
  method: 'POST',
  headers: { 'content-type': 'application/json' },
  body: JSON.stringify(value),
});
export type Dimension = 'valence' | 'arousal';
export const labels = (dimension: Dimension) => ask<LabelOverview>(`/api/labels?dimension=${dimension}`);
/** Makes scenes of all films ready to be compared. */
export const takeScenes = () => ask<{ scenes: number }>('/api/labels/scenes', post({}));
export const nextPair = (rater: string, dimension: Dimension) =>
  ask<{ pair?: [LabelSceneCard, LabelSceneCard] }>(
    `/api/labels/pair?${new URLSearchParams({ rater, dimension })}`,
  ).then(({ pair }) => pair);
export const choose = (choice: {
  rater: string;
  dimension: Dimension;
  pair: [number, number];
  chosen?: number;
}) => ask<void>('/api/labels/choices', post(choice));
export const traces = (id: number) =>
  ask<{ traces: TraceCard[] }>(`/api/films/${id}/traces`).then(({ traces }) => traces);
export const keepTrace = (id: number, trace: TraceCard) =>
  ask<void>(`/api/films/${id}/traces`, { ...post(trace), method: 'PUT' });
/** Two films aligned, moment by moment. */
export const compare = (id: number, other: number) => ask<Comparison>(`/api/films/${id}/compare/${other}`);
export const runs = () => ask<{ runs: RunCard[]; reports: { name: string; text: string }[] }>('/api/runs');
