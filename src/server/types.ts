// What the bodies of the API are. Times are seconds. Values of clips, curves, scenes and passages lie on −1 … 1, where 0
// is neutral; those within `affect` on the scale of the model.
import type { Affect, FilmAffect } from '../affect/index.ts';

/** What every route answers when it cannot do what was asked. */
export interface Problem {
  error: { code: string; message: string };
}

/** A film where there is little room. */
export interface FilmCard {
  id: number;
  title: string;
  duration: number;
  /** ISO 8601. */
  added: string;
  state: 'current' | 'stale' | 'not-analyzed';
  model?: string | undefined;
  clip?: Affect | undefined;
  /** In at most 80 points. */
  curve?: { times: number[]; valence: number[]; arousal: number[] } | undefined;
}

/** Some of a library's films, the newest first. */
export interface FilmPage {
  films: FilmCard[];
  /** How many films there are. */
  total: number;
  /** Where more films follow: `before` of the next page. */
  next?: number | undefined;
}

/** What each place of a grid over the picture adds, by stream, row by row from the upper left. */
export interface PlaceSumsCard {
  constant: Affect;
  maps: { stream: string; width: number; height: number; valence: number[]; arousal: number[] }[];
}

/** Where in the picture the values of a moment come from. */
export interface PlacesCard {
  /** Of the frame. */
  time: number;
  /** The part of the picture that the maps lie over, as shares of its width and height. */
  view: { left: number; top: number; width: number; height: number };
  /** Of the point of the curve. */
  point: PlaceSumsCard;
  /** Of the frame alone. */
  frame: PlaceSumsCard;
}

/** What a scene is called. */
export interface SceneName {
  quadrant: string;
  /** Whether its interval lies within the quadrant; nothing where there is no interval. */
  certain?: boolean | undefined;
  also: string[];
  words: string[];
}

/** A passage that stands out. */
export interface PassageCard {
  kind: 'calm' | 'tense' | 'peak';
  from: number;
  to: number;
  affect: Affect;
  certain?: boolean | undefined;
}

/** A film with all that is known of it. */
export interface FilmDetails extends FilmCard {
  affect?: FilmAffect | undefined;
  class?: SceneName | undefined;
  passages: PassageCard[];
}

/** How an analysis stands. */
export interface JobCard {
  id: string;
  title: string;
  state: 'waiting' | 'running' | 'done' | 'failed';
  /** 0 to 1. */
  done: number;
  reason?: string | undefined;
}

/** A scene that was found. */
export interface SceneCard extends SceneName {
  film: number;
  title: string;
  from: number;
  to: number;
  affect: Affect;
  uncertainty?: number | undefined;
  /** From what was looked for: 0 is nothing nearer. */
  distance: number;
}

/** A scene that is compared with others. */
export interface LabelSceneCard {
  id: number;
  film: number;
  title: string;
  from: number;
  to: number;
}

/** What raters have said of pairs of scenes, in one dimension. */
export interface LabelOverview {
  /** How many can be compared. */
  scenes: number;
  raters: { name: string; choices: number }[];
  /** `same`: the share of raters who choose alike, 0 … 1; `alpha`: Krippendorff's. */
  agreement: { pairs: number; same?: number | undefined; alpha?: number | undefined };
  /** The highest first; `score` on 1 … 5. */
  ranking: (LabelSceneCard & { choices: number; strength: number; rank: number; score: number })[];
}

/** A rating of a film that was drawn while it played. */
export interface TraceCard {
  rater: string;
  dimension: 'valence' | 'arousal';
  /** Seconds from the film's beginning, ascending. */
  times: number[];
  /** At each of the times, −1 … 1. */
  values: number[];
}

/** Two films aligned, moment by moment. */
export interface Comparison {
  /** What the alignment rests on: the vectors of their moments, or their curves where one of them has no vectors. */
  by: 'content' | 'curves';
  /** Seconds in the first and in the second film that go together; neither ever goes back. */
  times: [number[], number[]];
  /** Seconds of the first and of the second that the other one has nothing for. */
  alone: [StretchCard[], StretchCard[]];
  /**
   * Mean distance of the moments that go together, those alone left out. By content: 0 is the same, 1 as far as two moments
   * of these films drawn at random. By curves: on the plane, whose sides are 2 long.
   */
  distance: number;
}

/** A part of a film, in seconds. */
export interface StretchCard {
  from: number;
  to: number;
}

/** A training, epoch by epoch; errors are mean squared ones on the data set's own scale. */
export interface RunCard {
  /** Its folder, below that of all runs. */
  name: string;
  epochs: {
    epoch: number;
    trainLoss: number;
    validationError: number;
    valenceError: number;
    arousalError: number;
    /** Pearson's r on the validation clips. */
    valenceR: number;
    arousalR: number;
  }[];
}
