import { type ScaleLinear, scaleLinear } from 'd3-scale';
import { colors, line, text } from '../results/index.ts';

/** A part of a picture with axes of its own. */
export interface Panel {
  readonly title: string;
  readonly x: ScaleLinear<number, number>;
  readonly y: ScaleLinear<number, number>;
}

export interface PanelOptions {
  readonly title: string;
  readonly place: { left: number; right: number; top: number; bottom: number };
  /** Ends of the axes, in what they show. */
  readonly x: readonly [number, number];
  readonly y: readonly [number, number];
}

export function panel({ title, place, x, y }: PanelOptions): Panel {
  return {
    title,
    x: scaleLinear(x, [place.left, place.right]),
    y: scaleLinear(y, [place.bottom, place.top]),
  };
}

/** The lowest and the highest of some numbers, with a little room beside them. */
export function extent(values: readonly number[]): [number, number] {
  const finite = values.filter(Number.isFinite);
  if (finite.length === 0) return [0, 1];
  const [low, high] = [Math.min(...finite), Math.max(...finite)];
  const room = (high - low) * 0.06 || 0.1;
  return [low - room, high + room];
}

/** Title, grid and numbers of a panel. @param xTicks where the horizontal axis has numbers. */
export function drawPanel({ title, x, y }: Panel, xTicks: readonly number[] = x.ticks(8)): string {
  const [left, right] = x.range() as [number, number];
  const [bottom, top] = y.range() as [number, number];
  const yFormat = y.tickFormat(6);
  const xFormat = xTicks.every(Number.isInteger) ? String : x.tickFormat(8);
  return [
    text({ x: left, y: top - 18, size: 17, color: colors.ink, weight: 'bold' }, title),
    ...y.ticks(6).map((tick) => {
      const at = y(tick);
      return (
        line({ x1: left, y1: at, x2: right, y2: at, color: colors.rule }) +
        text({ x: left - 10, y: at + 5, size: 14, color: colors.quiet, anchor: 'end' }, yFormat(tick))
      );
    }),
    ...xTicks.map((tick) => {
      const at = x(tick);
      return (
        line({ x1: at, y1: bottom, x2: at, y2: bottom + 6, color: colors.faint }) +
        text({ x: at, y: bottom + 24, size: 14, color: colors.quiet, anchor: 'middle' }, xFormat(tick))
      );
    }),
    line({ x1: left, y1: bottom, x2: right, y2: bottom, color: colors.faint }),
  ].join('');
}

/** A line of colored names, from left to right. */
export function drawLegend(x: number, y: number, names: readonly (readonly [string, string])[]): string {
  let at = x;
  return names
    .map(([name, color]) => {
      const start = at;
      at += 44 + 9 * name.length;
      return (
        `<rect x="${start}" y="${y - 11}" width="18" height="10" rx="3" fill="${color}"/>` +
        text({ x: start + 25, y, size: 15, color: colors.quiet }, name)
      );
    })
    .join('');
}

/** Title of a picture, and a line below it. */
export function drawTitle(x: number, title: string, about: string): string {
  return (
    text({ x, y: 46, size: 26, color: colors.ink, weight: 'bold' }, title) +
    text({ x, y: 76, size: 16, color: colors.quiet }, about)
  );
}
