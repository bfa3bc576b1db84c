// The API as functions with types, for programs and for the page itself: it imports nothing that runs.
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
} from './types.ts';

/** What a server answers when it cannot do what was asked. */
export class ApiError extends Error {
  /** As in `Problem`; `unreachable` where no server answers. */
  readonly code: string;

  constructor(message: string, code: string) {
    super(message);
    this.code = code;
  }
}

type Dimension = 'valence' | 'arousal';

/** Functions for the routes of a server; each rejects with an `ApiError` that says what the server does. */
export interface AffectlineClient {
  /** The newest films, or those that were added before one (`next` of a page). */
  films(before?: number): Promise<FilmPage>;
  /** A film with all that is known of it. */
  film(id: number): Promise<FilmDetails>;
  /** Forgets a film; its file stays. */
  forget(id: number): Promise<void>;
  /** Brings a film. @returns the job of its analysis. */
  upload(name: string, film: Blob): Promise<JobCard>;
  /** How a job stands, each time that it stands otherwise, until it is done or has failed. */
  progress(id: string, signal?: AbortSignal): AsyncGenerator<JobCard, void, undefined>;
  /** Where in the picture the values of a moment come from. @param at seconds. */
  places(id: number, at: number): Promise<PlacesCard>;
  /** The formats that results are handed over in. */
  formats(): Promise<FormatCard[]>;
  /** A film's result in a format, as it is written to files. */
  exported(id: number, format: string): Promise<Response>;
  /** Words of emotion that scenes can be searched by. */
  words(): Promise<string[]>;
  /** Scenes by a point, a quadrant, a word or an example; the keys are those of the route. */
  search(query: Readonly<Record<string, string | number>>): Promise<SceneCard[]>;
  /** Scenes by the course of their curve. @param length seconds. */
  searchShape(points: readonly number[], length: number, dimension: Dimension): Promise<SceneCard[]>;
  /** What raters have said of pairs of scenes. */
  labels(dimension: Dimension): Promise<LabelOverview>;
  /** Makes scenes of all films ready to be compared. */
  takeScenes(): Promise<{ scenes: number }>;
  /** The pair that a rater is to be asked next; none where all is said. */
  nextPair(rater: string, dimension: Dimension): Promise<[LabelSceneCard, LabelSceneCard] | undefined>;
  /** Keeps what a rater has chosen of a pair; without `chosen` that there is no difference. */
  choose(choice: Choice): Promise<void>;
  /** Ratings of a film that were drawn while it played. */
  traces(id: number): Promise<TraceCard[]>;
  /** Keeps such a rating. */
  keepTrace(id: number, trace: TraceCard): Promise<void>;
  /** Two films aligned, moment by moment. */
  compare(id: number, other: number): Promise<Comparison>;
  /** Training runs and reports of experiments. */
  runs(): Promise<{ runs: RunCard[]; reports: { name: string; text: string }[] }>;
}

/** A format that results are handed over in. */
export interface FormatCard {
  readonly name: string;
  readonly about: string;
  /** Of its files. */
  readonly endings: string[];
}

/** Which of two scenes a rater chose. */
export interface Choice {
  readonly rater: string;
  readonly dimension: Dimension;
  readonly pair: readonly [number, number];
  readonly chosen?: number;
}

/**
 * A client of `affectline serve`, in Node or in a browser.
 *
 * @param server its address, `http://127.0.0.1:8420`; empty: where the page comes from.
 * @param token where the server asks for one.
 */
export function affectlineClient(
  server = '',
  { token }: { readonly token?: string | undefined } = {},
): AffectlineClient {
  const fetched = async (path: string, init: RequestInit = {}): Promise<Response> => {
    const headers = { ...init.headers, ...(token !== undefined && { authorization: `Bearer ${token}` }) };
    const response = await fetch(server === '' ? path : new URL(path, server), { ...init, headers }).catch(
      (cause) => {
        init.signal?.throwIfAborted();
        const message = 'The server does not answer. Is `affectline serve` still running?';
        throw Object.assign(new ApiError(message, 'unreachable'), { cause });
      },
    );
    if (response.ok) return response;
    const problem = (await response.json().catch(() => undefined)) as Problem | undefined;
    const { code, message } = problem?.error ?? {
      code: String(response.status),
      message: `The server answers ${response.status}.`,
    };
    throw new ApiError(message, code);
  };
  const ask = async <Body>(path: string, init?: RequestInit): Promise<Body> => {
    const response = await fetched(path, init);
    return response.status === 204 ? (undefined as Body) : ((await response.json()) as Body);
  };
  const sent = (method: 'POST' | 'PUT', value: unknown): RequestInit => ({
    method,
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify(value),
  });
  const queried = (path: string, query: Readonly<Record<string, string | number>>) =>
    `${path}?${new URLSearchParams(Object.entries(query).map(([key, value]) => [key, String(value)]))}`;

  return {
    films: (before) => ask(before === undefined ? '/api/films' : queried('/api/films', { before })),
    film: (id) => ask(`/api/films/${id}`),
    forget: (id) => ask(`/api/films/${id}`, { method: 'DELETE' }),
    upload: async (name, film) =>
      (await ask<{ job: JobCard }>(queried('/api/films', { name }), { method: 'POST', body: film })).job,
    async *progress(id, signal) {
      const { body } = await fetched(`/api/jobs/${id}/events`, signal && { signal });
      const reader = body!.pipeThrough(new TextDecoderStream()).getReader();
      let text = '';
      for (;;) {
        const { done, value } = await reader.read();
        if (done) return;
        const lines = (text + value).split('\n');
        text = lines.pop()!;
        for (const line of lines) if (line.startsWith('data: ')) yield JSON.parse(line.slice(6)) as JobCard;
      }
    },
    places: (id, at) => ask(queried(`/api/films/${id}/places`, { at })),
    formats: async () => (await ask<{ formats: FormatCard[] }>('/api/formats')).formats,
    exported: (id, format) => fetched(`/api/films/${id}/export/${format}`),
    words: async () =>
      (await ask<{ words: { word: string }[] }>('/api/words')).words.map(({ word }) => word).sort(),
    search: async (query) => (await ask<{ scenes: SceneCard[] }>(queried('/api/search', query))).scenes,
    searchShape: async (points, length, dimension) => {
      const asked = sent('POST', { points, length, dimension });
      return (await ask<{ scenes: SceneCard[] }>('/api/search/shape', asked)).scenes;
    },
    labels: (dimension) => ask(queried('/api/labels', { dimension })),
    takeScenes: () => ask('/api/labels/scenes', sent('POST', {})),
    nextPair: async (rater, dimension) =>
      (
        await ask<{ pair?: [LabelSceneCard, LabelSceneCard] }>(
          queried('/api/labels/pair', { rater, dimension }),
        )
      ).pair,
    choose: (choice) => ask('/api/labels/choices', sent('POST', choice)),
    traces: async (id) => (await ask<{ traces: TraceCard[] }>(`/api/films/${id}/traces`)).traces,
    keepTrace: (id, trace) => ask(`/api/films/${id}/traces`, sent('PUT', trace)),
    compare: (id, other) => ask(`/api/films/${id}/compare/${other}`),
    runs: () => ask('/api/runs'),
  };
}
