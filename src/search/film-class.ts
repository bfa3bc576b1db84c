import type { FilmAffect } from '../affect/index.ts';
import { onPlane, uncertaintyOf } from '../library/index.ts';
import { type Passage, passagesOf, type SceneClass, sceneClass } from './classify.ts';

/** What a whole film is, and where it stands out. */
export interface FilmClass {
  class: SceneClass;
  passages: Passage[];
}

/** A film's quadrant and nearest words, by its mean, and its calm and tense passages and peaks, by its curve. */
export function filmClass({ model: { scale }, clip, curve }: FilmAffect): FilmClass {
  const points = curve.map((point) => {
    const uncertainty = uncertaintyOf(point, scale);
    return { time: point.time, ...onPlane(point, scale), ...(uncertainty !== undefined && { uncertainty }) };
  });
  return {
    class: sceneClass(onPlane(clip, scale), uncertaintyOf(clip, scale)),
    passages: passagesOf(points),
  };
}
