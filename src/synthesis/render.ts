import type { FilmParts } from '../media/index.ts';
import { FRAME_RATE, type SyntheticFilm } from './film.ts';
import { HEIGHT, renderFrames, WIDTH } from './pictures.ts';
import { renderSound, SAMPLE_RATE } from './sound.ts';

/** Pictures and sound of a film from one frame up to another, ready to be written; all of it by default. */
export function renderFilm(
  film: SyntheticFilm,
  start: number = 0,
  end: number = Math.floor(film.length * FRAME_RATE),
): FilmParts {
  return {
    width: WIDTH,
    height: HEIGHT,
    frameRate: FRAME_RATE,
    frames: renderFrames(film, start, end),
    waveform: [renderSound(film, start / FRAME_RATE, end / FRAME_RATE)],
    sampleRate: SAMPLE_RATE,
  };
}
