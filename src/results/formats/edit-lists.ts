import { basename } from 'node:path';
import type { FilmAffect } from '../../affect/index.ts';
import type { Format } from './format.ts';
import { feltStretches } from './stretches.ts';
import { type FrameCount, framesOf, inFrames, timecode } from './timecode.ts';
import { plain, provenance, valuesText } from './words.ts';

/** What one event, or one marker, stands for. */
interface Part {
  from: number;
  to: number;
  text: string;
}

/** The shots of the film; where they were not looked for, its stretches of one feeling. */
function partsOf(film: FilmAffect): Part[] {
  if (film.shots)
    return film.shots.map((shot, index) => ({
      ...shot,
      text: `shot ${index + 1}: ${valuesText(shot, film)}`,
    }));
  return feltStretches(film).map(({ from, to, feeling, affect }) => ({
    ...{ from, to },
    text: `${feeling}: ${valuesText(affect, film)}`,
  }));
}

/** Events have at least a frame, and 999 is the last number there is. */
const mostEvents = 999;

function eventsOf(parts: readonly Part[], count: FrameCount) {
  return inFrames(parts, count).slice(0, mostEvents);
}

function head(film: FilmAffect, count: FrameCount): string {
  return `TITLE: ${ascii(basename(film.file))}\nFCM: ${count.dropsFrames ? 'DROP FRAME' : 'NON-DROP FRAME'}\n\n`;
}

/** What holds for the whole list; readers take remarks for a part of the event before them, so after the first one. */
function remarks(film: FilmAffect): string {
  const rate = film.frameRate ? '' : '* NO FRAME RATE IS KNOWN: COUNTED AT 25\n';
  return `* ${ascii(provenance(film))}\n${rate}`;
}

/** CMX 3600: an event a shot, with the film's own timecode. */
export const cmx3600: Format = {
  name: 'edl',
  about: 'CMX 3600 edit decision list: the shots with their values, for editors',
  endings: ['.edl'],
  write({ film }) {
    const { count, start } = framesOf(film);
    const events = eventsOf(partsOf(film), count).map(({ first, end, text }, index) => {
      const [from, to] = [timecode(start + first, count), timecode(start + end, count)];
      return (
        `${numbered(index + 1)}  AX       V     C        ${from} ${to} ${from} ${to}\n` +
        `* FROM CLIP NAME: ${ascii(basename(film.file))}\n* ${ascii(text)}\n${index === 0 ? remarks(film) : ''}`
      );
    });
    return [head(film, count) + events.join('')];
  },
};

/** The marker list of DaVinci Resolve ("Timeline Markers to EDL"): a marker where the film begins to feel different. */
export const resolveMarkers: Format = {
  name: 'markers',
  about: "DaVinci Resolve's marker list: a marker where the film begins to feel different",
  endings: ['.markers.edl'],
  write({ film }) {
    const { count, start } = framesOf(film);
    const parts = feltStretches(film).map(({ from, to, feeling, affect }) => ({
      ...{ from, to },
      text: `${feeling}, ${valuesText(affect, film)}`,
    }));
    const markers = eventsOf(parts, count).map(({ first, end, text }, index) => {
      const [from, to] = [timecode(start + first, count), timecode(start + first + 1, count)];
      const color = text.startsWith('excited') ? 'ResolveColorRed' : 'ResolveColorBlue';
      return (
        `${numbered(index + 1)}  001      V     C        ${from} ${to} ${from} ${to}  \n` +
        ` |C:${color} |M:${ascii(text).replaceAll('|', '/')} |D:${end - first}\n${index === 0 ? remarks(film) : ''}\n`
      );
    });
    return [head(film, count) + markers.join('')];
  },
};

function numbered(index: number): string {
  return String(index).padStart(3, '0');
}

/** Edit lists are read in many encodings; only these characters are the same in all. */
function ascii(text: string): string {
  return plain(text)
    .replaceAll('…', '...')
    .replaceAll('−', '-')
    .replaceAll('→', '->')
    .normalize('NFKD')
    .replace(/\p{M}/gu, '')
    .replace(/[^\x20-\x7e]/g, '?');
}
