// Makes sample.mp4: half a minute of a film rendered like those of `affectline dataset synthesize`. Run after a build.
import { fileURLToPath } from 'node:url';
import { writeFilm } from '../dist/media/index.js';
import { planFilm } from '../dist/synthesis/film.js';
import { renderFilm } from '../dist/synthesis/render.js';

const seconds = 32;

/** How far a film's feelings range: the sample should have something to show. */
function range(film) {
  const moments = Array.from({ length: seconds }, (_, second) => film.affectAt(second));
  const spread = (dimension) => {
    const values = moments.map((moment) => moment[dimension]);
    return Math.max(...values) - Math.min(...values);
  };
  return spread('valence') + spread('arousal');
}

const films = Array.from({ length: 200 }, (_, index) => planFilm(2018, index, seconds));
const liveliest = films.reduce((best, film) => (range(film) > range(best) ? film : best));
await writeFilm(fileURLToPath(new URL('sample.mp4', import.meta.url)), renderFilm(liveliest));
for (let second = 0; second < seconds; second += 4) {
  const { valence, arousal } = liveliest.affectAt(second);
  console.log(
    `${second} s: valence ${valence.toFixed(2)}, arousal ${arousal.toFixed(2)} of 1 … 5 by the laws it is made from`,
  );
}
