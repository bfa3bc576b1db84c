import type { Format } from './format.ts';
import { feltStretches } from './stretches.ts';
import { plain, provenance, valuesText } from './words.ts';

/** FFmpeg's metadata file: `ffmpeg -i film.mkv -i film.affect.chapters.txt -map_chapters 1 -c copy out.mkv`. */
export const chapters: Format = {
  name: 'chapters',
  about: "chapters by feeling, in ffmpeg's metadata format, for any player",
  endings: ['.chapters.txt'],
  write({ film }) {
    const lines = feltStretches(film).map(({ from, to, feeling, affect }) =>
      [
        '[CHAPTER]',
        'TIMEBASE=1/1000',
        `START=${Math.round(1000 * from)}`,
        `END=${Math.round(1000 * to)}`,
        `title=${escaped(`${feeling} (${valuesText(affect, film)})`)}`,
      ].join('\n'),
    );
    return [`;FFMETADATA1\ncomment=${escaped(provenance(film))}\n${lines.join('\n')}\n`];
  },
};

function escaped(text: string): string {
  return plain(text).replace(/[=;#\\]/g, '\\$&');
}
