import { basename } from 'node:path';
import type { FilmAffect } from '../affect/index.ts';
import { clock } from '../support/clock.ts';
import { colors, text } from './drawing.ts';
import { shown } from './numbers.ts';
import { modelName } from './text.ts';

/** The film's name and what is known about the answer; at the right, the values of the whole film. */
export function drawHeader(film: FilmAffect, { left, right }: { left: number; right: number }): string {
  const facts = [
    clock(film.duration),
    coverage(film.coverage),
    film.streams.length > 0 ? `from ${film.streams.join(' + ')}` : 'nothing to go by',
  ];
  const about = { x: left, size: 20, color: colors.quiet };
  const model =
    film.model.trained === false
      ? text(
          { ...about, y: 126, color: colors.warning, weight: 'bold' },
          `${modelName(film)}: random weights, the numbers mean nothing`,
        )
      : text(
          { ...about, y: 126 },
          `model ${film.model.name} (${film.model.preset}), trained on ${shortened(film.model.trained, 72)}`,
        );
  return [
    text({ x: left, y: 62, size: 34, color: colors.ink, weight: 'bold' }, shortened(basename(film.file), 42)),
    text({ ...about, y: 97 }, facts.join('  ·  ')),
    model,
    film.unknown.length > 0
      ? text(
          { x: left, y: 150, size: 16, color: colors.warning },
          shortened(`not known: ${film.unknown.map(({ reason }) => reason).join('; ')}`, 130),
        )
      : '',
    value(film, 'valence', right - 210),
    value(film, 'arousal', right),
  ].join('');
}

function value({ clip, model: { scale } }: FilmAffect, dimension: 'valence' | 'arousal', x: number): string {
  const [color, anchor] = [colors[dimension], 'end'] as const;
  return (
    text({ x, y: 86, size: 56, color, anchor, weight: '200' }, shown(clip[dimension], scale)) +
    text({ x, y: 118, size: 19, color, anchor }, `${dimension}${scale ? `, ${scale.join(' … ')}` : ''}`)
  );
}

function coverage(part: number): string {
  return part > 0.995 ? 'fully decoded' : `${Math.floor(part * 100)} % decoded`;
}

/** The beginning and the end of a long name, where names differ. */
function shortened(name: string, most: number): string {
  const letters = [...name];
  if (letters.length <= most) return name;
  const half = Math.floor((most - 1) / 2);
  return `${letters.slice(0, half).join('')}…${letters.slice(-half).join('')}`;
}

/** Across the whole picture, so that no cut of it loses the word. */
export function drawStamp({ x, y }: { x: number; y: number }): string {
  return `<text x="${x}" y="${y}" font-size="190" font-weight="bold" letter-spacing="14" text-anchor="middle" dominant-baseline="middle" fill="${colors.warning}" opacity=".13" transform="rotate(-12 ${x} ${y})">untrained</text>`;
}
