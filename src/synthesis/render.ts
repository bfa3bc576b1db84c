import type { FilmParts } from '../media/index.ts';
import { sampleRate } from '../support/sound.ts';
import type { SyntheticFilm } from './film.ts';
import { height, renderFrames, width } from './pictures.ts';
import { renderSound } from './sound.ts';

/** Pictures and sound of a film from one frame up to another, ready to be written; all of it by default. */
export function renderFilm(
  film: SyntheticFilm,
  start: number = 0,
  end: number = Math.floor(film.length * film.style.frameRate),
): FilmParts {
  const { frameRate, compression } = film.style;
  return {
    width: width,
    height: height,
    frameRate,
    compression,
    frames: renderFrames(film, start, end),
    ...(film.passages.length > 0 && {
      waveform: [renderSound(film, start / frameRate, end / frameRate)],
      sampleRate,
    }),
  };
}
