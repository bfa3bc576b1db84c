import type { AffectPoint, FilmAffect } from '../../affect/index.ts';
import type { Format } from './format.ts';
import { feelingsIn } from './stretches.ts';
import { plain, provenance, valuesText } from './words.ts';

interface Cue {
  from: number;
  to: number;
  text: string;
}

/** A cue a point of the curve, until the next one. */
function cuesOf(film: FilmAffect): Cue[] {
  const { curve, window, duration } = film;
  const feelingOf = feelingsIn(film);
  const end = (index: number) => curve[index + 1]?.time ?? Math.max(duration, curve[index]!.time + 0.001);
  return curve.map((point: AffectPoint, index) => ({
    from: point.time,
    to: Math.min(end(index), point.time + window.step),
    text: `${feelingOf(point)}\n${valuesText(point, film)}`,
  }));
}

/** "00:01:02.500", or with a comma; hours grow beyond two digits. */
function timeText(seconds: number, mark: '.' | ','): string {
  const milliseconds = Math.round(seconds * 1000);
  const part = (of: number, digits = 2) => String(of).padStart(digits, '0');
  const [hours, minutes, whole] = [3_600_000, 60_000, 1000].map((unit) => Math.floor(milliseconds / unit));
  return `${part(hours!)}:${part(minutes! % 60)}:${part(whole! % 60)}${mark}${part(milliseconds % 1000, 3)}`;
}

/** W3C WebVTT: The Web Video Text Tracks Format. */
export const webVtt: Format = {
  name: 'vtt',
  about: 'WebVTT, for players and pages: a subtitle a second',
  endings: ['.vtt'],
  write({ film }) {
    const cues = cuesOf(film).map(
      ({ from, to, text }) => `${timeText(from, '.')} --> ${timeText(to, '.')}\n${escaped(text)}\n`,
    );
    return [`WEBVTT ${plain(film.file)}\n\nNOTE\n${plain(provenance(film))}\n\n${cues.join('\n')}`];
  },
};

/** SubRip, which has no room for remarks: the first subtitle says what the numbers are. */
export const subRip: Format = {
  name: 'srt',
  about: 'SubRip, for players and editors: a subtitle a second',
  endings: ['.srt'],
  write({ film }) {
    const cues = cuesOf(film).map(({ from, to, text }, index) => {
      const lines = index === 0 ? `${plain(provenance(film))}\n${text}` : text;
      return `${index + 1}\n${timeText(from, ',')} --> ${timeText(to, ',')}\n${lines}\n`;
    });
    return [cues.join('\n')];
  },
};

function escaped(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;');
}
