import { type ScaleLinear, scaleLinear } from 'd3-scale';
import { elicited, type FilmAffect } from '../affect/index.ts';
import { clock } from '../support/clock.ts';
import { drawCurve } from './draw-curve.ts';
import { drawFilmStrip } from './draw-film-strip.ts';
import { drawHeader, drawStamp } from './draw-header.ts';
import { colors, drawing, line, text } from './drawing.ts';
import type { FilmStrip } from './film-strip.ts';
import { renderPng } from './render.ts';

const size = { width: 1600, height: 900 };
const left = 84;
const right = 1540;

/** Draws what `toPicture` gives, in the thread of the caller. */
export async function drawPicture(film: FilmAffect, strip?: FilmStrip): Promise<Uint8Array> {
  return await renderPng(await toSvg(film, strip), /[\u0e00-\u0e7f\u1100-\uffff]/.test(film.file));
}

async function toSvg(film: FilmAffect, strip?: FilmStrip): Promise<string> {
  const hasStrip = strip?.at(0) !== undefined;
  const end = Math.max(film.duration, film.curve.at(-1)?.time ?? 0, 1);
  const time = scaleLinear([0, end], [left, right]);
  const [valenceTop, arousalTop, height] = hasStrip ? [188, 440, 196] : [188, 504, 266];
  const bottom = hasStrip ? 806 : arousalTop + height + 14;
  return drawing(size, [
    drawHeader(film, { left, right }),
    drawCurve(film, 'valence', { time, top: valenceTop, height, guideEnd: bottom }),
    drawCurve(film, 'arousal', { time, top: arousalTop, height, guideEnd: bottom }),
    unread(film, time, { top: valenceTop, bottom, label: valenceTop + height / 2 }),
    hasStrip ? await drawFilmStrip(strip, time, { top: 690, height: 104, end: decodedEnd(film) }) : '',
    timeAxis(time, bottom),
    film.model.trained === false ? drawStamp({ x: (left + right) / 2, y: arousalTop - 18 }) : '',
    text(
      { x: left, y: 878, size: 15, color: colors.faint },
      `Elicited affect: ${elicited.statement}. Each point stands for the ${film.window.length} seconds around it.${intervalText(film)}`,
    ),
    text({ x: right, y: 878, size: 15, color: colors.faint, anchor: 'end' }, 'affectline'),
  ]);
}

function intervalText({ intervals }: FilmAffect): string {
  return intervals ? ` The band: ${Math.round(100 * intervals.confidence)}% intervals.` : '';
}

function timeAxis(time: ScaleLinear<number, number>, y: number): string {
  const [, end] = time.domain() as [number, number];
  return ticks(end)
    .map((seconds) => {
      const x = time(seconds);
      const anchor = seconds === 0 ? 'start' : 'middle';
      return (
        line({ x1: x, y1: y, x2: x, y2: y + 7, color: colors.faint }) +
        text({ x, y: y + 28, size: 17, color: colors.quiet, anchor }, clock(seconds))
      );
    })
    .join('');
}

/** Moments at a distance people count in (5 s, a quarter of an hour, …), about a dozen. */
function ticks(end: number): number[] {
  const distances = [1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 900, 1800, 3600];
  const distance = distances.find((seconds) => end / seconds <= 14) ?? Math.ceil(end / 14 / 3600) * 3600;
  return Array.from({ length: Math.floor(end / distance) + 1 }, (_, index) => index * distance);
}

/** Where the film could be read to, in seconds. */
function decodedEnd(film: FilmAffect): number {
  return film.duration * film.coverage;
}

/** What is left of the film where it could not be decoded to its end. */
function unread(
  film: FilmAffect,
  time: ScaleLinear<number, number>,
  area: { top: number; bottom: number; label: number },
): string {
  const from = time(film.duration * film.coverage);
  const [, to] = time.range() as [number, number];
  if (to - from < 12) return '';
  const label =
    to - from > 150
      ? text(
          { x: (from + to) / 2, y: area.label, size: 17, color: colors.quiet, anchor: 'middle' },
          'could not be read',
        )
      : '';
  return `<rect x="${from}" y="${area.top}" width="${to - from}" height="${area.bottom - area.top}" fill="${colors.faint}" opacity=".12"/>${label}`;
}
