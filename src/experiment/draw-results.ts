import { scaleLinear } from 'd3-scale';
import type { LabeledClip } from '../datasets/index.ts';
import { type Dimension, dimensions, type Interval, type Prediction } from '../evaluation/index.ts';
import { colors, drawing, line, renderPng, text } from '../results/index.ts';
import { drawLegend, drawPanel, drawTitle, extent, panel } from './draw-panel.ts';

export interface Bar {
  readonly name: string;
  readonly r: Readonly<Record<Dimension, { readonly value: number; readonly interval: Interval }>>;
}

/** Pearson's r of models side by side, with their 95% intervals. A PNG 1280 pixels wide. */
export async function drawModels(bars: readonly Bar[], title: string, about: string): Promise<Uint8Array> {
  const [top, step] = [120, 46];
  const bottom = top + step * bars.length;
  const ends = bars.flatMap(({ r }) => dimensions.flatMap((of) => [r[of].interval.low, r[of].interval.high]));
  const values = bars.flatMap(({ r }) => dimensions.map((of) => r[of].value));
  const finite = [...ends, ...values, 0].filter(Number.isFinite);
  const x = scaleLinear(
    [Math.max(-1, Math.min(...finite)), Math.min(1, Math.max(0.1, ...finite))],
    [300, 1220],
  ).nice(8);
  const svg = drawing({ width: 1280, height: bottom + 90 }, [
    drawTitle(60, title, about),
    ...x.ticks(8).map((tick) => {
      const at = x(tick);
      return (
        line({ x1: at, y1: top, x2: at, y2: bottom, color: tick === 0 ? colors.faint : colors.rule }) +
        text(
          { x: at, y: bottom + 24, size: 14, color: colors.quiet, anchor: 'middle' },
          x.tickFormat(8)(tick),
        )
      );
    }),
    ...bars.map(({ name, r }, row) => {
      const middle = top + step * (row + 0.5);
      return (
        text({ x: 284, y: middle + 6, size: 16, color: colors.ink, anchor: 'end' }, name) +
        dimensions.map((of, i) => drawBar(x, middle - 15 + 16 * i, r[of], colors[of])).join('')
      );
    }),
    drawLegend(300, bottom + 62, [
      ['valence r', colors.valence],
      ['arousal r', colors.arousal],
    ]),
  ]);
  return await renderPng(svg);
}

function drawBar(
  x: (value: number) => number,
  y: number,
  { value, interval }: Bar['r'][Dimension],
  color: string,
): string {
  if (!Number.isFinite(value)) return text({ x: x(0) + 6, y: y + 12, size: 13, color: colors.faint }, 'none');
  const [from, to] = [Math.min(x(0), x(value)), Math.max(x(0), x(value))];
  const bar = `<rect x="${from}" y="${y}" width="${Math.max(to - from, 1)}" height="13" rx="2" fill="${color}" opacity=".8"/>`;
  if (!Number.isFinite(interval.low)) return bar;
  const at = y + 6.5;
  return (
    bar + line({ x1: x(interval.low), y1: at, x2: x(interval.high), y2: at, color: colors.ink, width: 1.5 })
  );
}

/** Labels against predictions of one model. A PNG of 1280 × 720 pixels. */
export async function drawScatter(
  clips: readonly LabeledClip[],
  predictions: readonly Prediction[],
  title: string,
  about: string,
): Promise<Uint8Array> {
  const byId = new Map(predictions.map((prediction) => [prediction.id, prediction]));
  const opacity = Math.max(0.15, Math.min(0.7, 120 / clips.length));
  const panels = dimensions.map((of, i) => {
    const pairs = clips.map((clip) => [clip[of], byId.get(clip.id)![of]] as const);
    const range = extent(pairs.flat());
    const place = { left: 90 + 620 * i, right: 610 + 620 * i, top: 150, bottom: 650 };
    const { x, y } = panel({ title: '', place, x: range, y: range });
    const dots = pairs.map(
      ([label, predicted]) =>
        `<circle cx="${x(label).toFixed(1)}" cy="${y(predicted).toFixed(1)}" r="4" fill="${colors[of]}" opacity="${opacity.toFixed(2)}"/>`,
    );
    const [low, high] = range;
    const identity = { x1: x(low), y1: y(low), x2: x(high), y2: y(high), color: colors.faint, dash: '4 6' };
    return drawPanel({ title: `${of}: label →, prediction ↑`, x, y }) + line(identity) + dots.join('');
  });
  return await renderPng(drawing({ width: 1280, height: 720 }, [drawTitle(60, title, about), ...panels]));
}
