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
  destroy(): void;
}

const color = (name: string) => getComputedStyle(document.documentElement).getPropertyValue(name).trim();
const dimensions = ['valence', 'arousal'] as const;

/**
 * Valence and arousal over the film on the whole scale of the model, with their intervals as bands and the shots as
 * ticks. Drag across to zoom, double click to see all, click to go there.
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
  let played = 0;
  const plot = new uPlot(
    {
      width: element.clientWidth,
      height: 300,
      legend: { show: false },
      cursor: { drag: { x: true, y: false }, points: { size: 9 } },
      scales: { x: { time: false, range: [0, Math.max(duration, 1)] }, y: { range: [scale[0]!, scale[1]!] } },
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
    destroy() {
      resized.disconnect();
      themed.disconnect();
      plot.destroy();
    },
  };
}
