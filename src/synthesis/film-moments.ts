import type { Affect } from '../affect/index.ts';
import type { FilmParts } from '../media/index.ts';
import { momentPeriod } from '../streams/index.ts';
import { planFilm } from './film.ts';
import { height, renderFrames, width } from './pictures.ts';

/** What a moment says of affect, 1 … 5. */
export interface FilmMoment {
  /** By its picture, in middling motion and without sound. */
  readonly picture: Affect;
  /** By its motion, with a middling picture and without sound. */
  readonly motion: Affect;
}

/** Of a film of which moments alone are rendered. */
const seconds = 120;
const most = 24;

/**
 * A moment of each shot of a film of the set with this seed, of 24 shots at most, one after the other as a film of its own:
 * after a moment of black each that is looked at, every 0.4 s, is of another shot, and so is the motion around it. The
 * slowest comes first, for after what moves fast what hardly moves is taken for copies of a frame. The film has no bars.
 *
 * @returns the film, and what its moments say after the first.
 */
export function momentsOfFilm(setSeed: number, index: number): { film: FilmParts; moments: FilmMoment[] } {
  const planned = planFilm(setSeed, index, seconds);
  const film = { ...planned, style: { ...planned.style, bars: { across: 0, along: 0 } } };
  const { frameRate, compression } = film.style;
  const shots = film.shots
    .slice(0, most)
    .map(({ start }) => {
      const middle = start + momentPeriod / 2;
      return { start, picture: film.affectOfPictureAt(start), motion: film.affectOfMotionAt(middle) };
    })
    .sort((a, b) => a.motion.arousal - b.motion.arousal);
  const frames = function* () {
    /** Of frames up to halfway between a moment and the next. */
    const upTo = (moment: number) => Math.ceil((moment + 0.5) * momentPeriod * frameRate - 1e-6);
    for (let frame = 0; frame < upTo(0); frame++) yield new Uint8Array(3 * width * height);
    for (const [i, { start }] of shots.entries()) {
      const first = Math.ceil(start * frameRate - 1e-6);
      yield* renderFrames(film, first, first + upTo(i + 1) - upTo(i));
    }
  };
  return {
    film: { width, height, frameRate, compression, frames: frames() },
    moments: shots.map(({ picture, motion }) => ({ picture, motion })),
  };
}
