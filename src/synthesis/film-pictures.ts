import type { Affect } from '../affect/index.ts';
import { planFilm } from './film.ts';
import { height, renderFrames, width } from './pictures.ts';

/** A picture of a film, and what it says of affect (1 … 5) in middling motion and without sound. */
export interface FilmPicture extends Affect {
  /** In pixels. */
  readonly width: number;
  readonly height: number;
  /** Red, green, blue of each pixel, 0 … 255. */
  readonly rgb: Uint8Array;
}

/** Of a film whose pictures alone are rendered. */
const seconds = 120;
const most = 24;

/** A picture of each shot of a film of the set with this seed, of 24 shots at most; the film has no bars. */
export function picturesOfFilm(setSeed: number, index: number): FilmPicture[] {
  const planned = planFilm(setSeed, index, seconds);
  const film = { ...planned, style: { ...planned.style, bars: { across: 0, along: 0 } } };
  return film.shots.slice(0, most).map(({ start }) => {
    const frame = Math.ceil(start * film.style.frameRate - 1e-6);
    const [rgb] = renderFrames(film, frame, frame + 1);
    return { ...film.affectOfPictureAt(start), width, height, rgb: rgb! };
  });
}
