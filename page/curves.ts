import uPlot from 'uplot';
import type { FilmAffect } from '../src/affect/film-affect.ts';
import { clock } from '../src/support/clock.ts';

export interface CurvesOptions {
  readonly affect: FilmAffect;
  /** Told where somebody has clicked, in seconds. */
  readonly onSeek: (time: number) => void;
}

export interface Curves {
  /** Shows a moment, in seconds. */
  at(time: number): void;
  /** Shows a passage, or all of the film. */
  show(from: number, to: number): void;
  /** Moves what is shown by a part of its length, within the film. */
  pan(by: number): void;
  /** Shows so much less, or more, of the film: 2 is half of it. @param around where that stays, 0 … 1. */
  zoom(by: number, around?: number): void;
  destroy(): void;
}

const color = (name: string) => getComputedStyle(document.documentElement).getPropertyValue(name).trim();
const dimensions = ['valence', 'arousal'] as const;
/** Less than these seconds is not shown. */
const shortest = 5;

/**
 * Valence and arousal over the film on the whole scale of the model, with their intervals as bands and the shots as
 * ticks. Drag across or turn the wheel with Ctrl to zoom, turn the wheel to
 * move along what is zoomed, double click to see all, click to go there.
 */
export function drawCurves(element: HTMLElement, { affect, onSeek }: CurvesOptions): Curves {
  const { curve, shots = [], duration, model } = affect;
  const scale = model.scale ?? [
    Math.min(...curve.flatMap(({ valence, arousal }) => [valence, arousal])) - 0.1,
    Math.max(...curve.flatMap(({ valence, arousal }) => [valence, arousal])) + 0.1,
  ];
  const hasIntervals = curve.some(({ low, high }) => low && high);
  const edges = hasIntervals ? (['low', 'high'] as const) : [];
  const data: uPlot.AlignedData = [
    curve.map(({ time }) => time),
    ...dimensions.flatMap((of) => [
      curve.map((point) => point[of]),
      ...edges.map((edge) => curve.map((point) => point[edge]?.[of] ?? null)),
    ]),
  ];
  const perDimension = 1 + edges.length;
  const series: uPlot.Series[] = [
    { label: 'time', value: (_, value) => (value === null ? '' : clock(value)) },
    ...dimensions.flatMap((of) => [
      {
        label: of,
        stroke: () => color(`--${of}`),
        width: 2.5,
        points: { show: false },
        value: (_: uPlot, value: number | null) => value?.toFixed(2) ?? '',
      },
      ...edges.map(() => ({ stroke: 'transparent', points: { show: false } })),
    ]),
  ];
  const end = Math.max(duration, 1);
  const isAll = (min: number, max: number) =>
    min <= (curve[0]?.time ?? 0) && max >= (curve.at(-1)?.time ?? end);
  let played = 0;
  const plot = new uPlot(
    {
      width: element.clientWidth,
      height: 300,
      legend: { show: false },
      cursor: { drag: { x: true, y: false }, points: { size: 9 } },
      scales: {
        // all points are the whole film, which begins before the first and ends after the last
        x: { time: false, range: (_, min, max) => (isAll(min, max) ? [0, end] : [min, max]) },
        y: { range: [scale[0]!, scale[1]!] },
      },
      axes: [
        {
          stroke: () => color('--quiet'),
          grid: { show: false },
          ticks: { stroke: () => color('--rule') },
          values: (_, ticks) => ticks.map(clock),
        },
        {
          stroke: () => color('--quiet'),
          grid: { stroke: () => color('--rule'), width: 1 },
          ticks: { show: false },
          size: 34,
        },
      ],
      series,
      bands: hasIntervals
        ? dimensions.map((of, i) => ({
            series: [1 + i * perDimension + 2, 1 + i * perDimension + 1] as [number, number],
            fill: () => `${color(`--${of}`)}22`,
          }))
        : [],
      hooks: {
        draw: [
          ({ ctx, bbox, valToPos }) => {
            ctx.save();
            ctx.fillStyle = color('--quiet');
            for (const { from } of shots.slice(1))
              ctx.fillRect(valToPos(from, 'x', true), bbox.top + bbox.height - 8, 1, 8);
            ctx.fillStyle = color('--ink');
            ctx.fillRect(valToPos(played, 'x', true) - 1, bbox.top, 2, bbox.height);
            ctx.restore();
          },
        ],
      },
    },
    data,
    element,
  );
  let pressed = 0;
  plot.over.addEventListener('mousedown', ({ clientX }) => {
    pressed = clientX;
  });
  plot.over.addEventListener('click', ({ clientX }) => {
    if (Math.abs(clientX - pressed) < 4) onSeek(plot.posToVal(plot.cursor.left ?? 0, 'x'));
  });
  const shown = () => [plot.scales.x!.min ?? 0, plot.scales.x!.max ?? end] as const;
  const show = (from: number, length: number) => {
    const min = Math.max(0, Math.min(from, end - length));
    plot.setScale('x', { min, max: min + length });
  };
  const pan = (by: number) => {
    const [min, max] = shown();
    show(min + by * (max - min), max - min);
  };
  const zoom = (by: number, around = 0.5) => {
    const [min, max] = shown();
    const length = Math.max(shortest, Math.min((max - min) / by, end));
    show(min + around * (max - min - length), length);
  };
  plot.over.addEventListener('wheel', (event) => {
    const [min, max] = shown();
    const turned = Math.abs(event.deltaX) > Math.abs(event.deltaY) ? event.deltaX : event.deltaY;
    // of the whole film there is nothing to move to: the page goes on
    if (!event.ctrlKey && max - min >= end) return;
    event.preventDefault();
    if (event.ctrlKey) zoom(2 ** (-turned / 200), event.offsetX / plot.over.clientWidth);
    else pan(turned / plot.over.clientWidth);
  });
  const resized = new ResizeObserver(() => plot.setSize({ width: element.clientWidth, height: 300 }));
  resized.observe(element);
  const themed = new MutationObserver(() => plot.redraw(false));
  themed.observe(document.documentElement, { attributeFilter: ['data-theme'] });
  return {
    at(time) {
      played = time;
      plot.redraw(false, false);
    },
    show: (from, to) => plot.setScale('x', { min: from, max: to }),
    ...{ pan, zoom },
    destroy() {
      resized.disconnect();
      themed.disconnect();
      plot.destroy();
    },
  };
}
