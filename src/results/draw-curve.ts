import { type ScaleLinear, scaleLinear } from 'd3-scale';
import { area, curveMonotoneX, line as path } from 'd3-shape';
import {
  type AffectPoint,
  type Dimension,
  extentOf,
  type FilmAffect,
  mean,
  neutralOf,
  type Peak,
  peaksOf,
  type Scale,
} from '../affect/index.ts';
import { clock } from '../support/clock.ts';
import { colors, line, text } from './drawing.ts';
import { shown } from './numbers.ts';

interface Place {
  time: ScaleLinear<number, number>;
  top: number;
  height: number;
  /** Where the thin lines down from the peaks end: at the film strip. */
  guideEnd: number;
}

interface Moment {
  time: number;
  value: number;
  /** Ends of the interval, where there is one. */
  low?: number;
  high?: number;
}

const ends = { valence: ['pleasant', 'unpleasant'], arousal: ['excited', 'calm'] } as const;

/**
 * One curve on the whole scale of the labels, with its neutral middle, around the film's own value: what lies above and
 * below that is filled, the interval is a band, and the turning points that stand out of it carry their time.
 */
export function drawCurve(film: FilmAffect, dimension: Dimension, place: Place): string {
  const moments = thinned(film.curve.map((point) => momentOf(point, dimension)));
  const baseline = film.clip[dimension];
  const { top, time } = place;
  const [left, right] = time.range() as [number, number];
  const { scale } = film.model;
  const value = valueScale([...moments.map((moment) => moment.value), baseline], scale, place);
  const color = colors[dimension];
  const [high, low] = ends[dimension];
  const ticks = value.ticks(4);
  const neutral = scale && neutralOf(scale);
  const frame = [
    ...ticks.map((tick) => {
      const y = value(tick);
      return (
        line({ x1: left, y1: y, x2: right, y2: y, color: tick === neutral ? colors.faint : colors.rule }) +
        text(
          { x: left - 12, y: y + 5, size: 15, color: colors.faint, anchor: 'end' },
          shown(tick, scale, scale ? 0 : decimals(ticks)),
        ) +
        (tick === neutral
          ? text({ x: right, y: y - 5, size: 13, color: colors.quiet, anchor: 'end' }, 'neutral')
          : '')
      );
    }),
    text({ x: left, y: top - 20, size: 20, color, weight: 'bold' }, dimension),
    text({ x: left + 100, y: top - 20, size: 15, color: colors.quiet }, `▲ ${high}   ▼ ${low}`),
  ].join('');
  return frame + (moments.length === 0 ? '' : curve(moments, value, { baseline, color, scale }, place));
}

function curve(
  moments: Moment[],
  value: ScaleLinear<number, number>,
  { baseline, color, scale }: { baseline: number; color: string; scale: Scale | undefined },
  { time, guideEnd }: Place,
): string {
  const [left, right] = time.range() as [number, number];
  // A film of one point is drawn as a short level line.
  const drawn = moments.length > 1 ? moments : [moments[0]!, { ...moments[0]!, time: time.domain()[1]! }];
  const x = (moment: Moment) => time(moment.time);
  const y = (moment: Moment) => value(moment.value);
  const fill = area<Moment>().x(x).y0(value(baseline)).y1(y).curve(curveMonotoneX)(drawn)!;
  const outline = path<Moment>().x(x).y(y).curve(curveMonotoneX)(drawn)!;
  const pixelsApart = (right - left) / Math.max(moments.length - 1, 1);
  const levels = moments.map((moment) => moment.value - baseline);
  const peaks = peaksOf(levels, 3, Math.ceil(110 / pixelsApart)).filter(
    ({ index, prominence }) => prominence > leastProminence(moments[index]!, scale),
  );
  const withInterval = drawn.filter(({ low, high }) => low !== undefined && high !== undefined);
  const band = area<Moment>()
    .x(x)
    .y0(({ low }) => value(low!))
    .y1(({ high }) => value(high!))
    .curve(curveMonotoneX)(withInterval);
  return [
    band === null ? '' : `<path class="interval" d="${band}" fill="${color}" opacity=".1"/>`,
    `<path d="${fill}" fill="${color}" opacity=".2"/>`,
    line({ x1: left, y1: value(baseline), x2: right, y2: value(baseline), color, width: 1.2, dash: '2 5' }),
    ...peaks.map(({ index }) => {
      const at = x(moments[index]!);
      return line({ x1: at, y1: y(moments[index]!), x2: at, y2: guideEnd, color: `${color}88`, dash: '1 5' });
    }),
    `<path d="${outline}" fill="none" stroke="${color}" stroke-width="${moments.length > 150 ? 2.5 : 3.5}" stroke-linejoin="round" stroke-linecap="round"/>`,
    ...peaks.map((peak) =>
      mark(peak, moments[peak.index]!, x(moments[peak.index]!), y(moments[peak.index]!), color, left),
    ),
  ].join('');
}

function mark(peak: Peak, moment: Moment, x: number, y: number, color: string, left: number): string {
  // beside the numbers at the left there is no room for half a label
  const atEdge = x < left + 20;
  const label = {
    x: atEdge ? x - 4 : x,
    y: peak.kind === 'high' ? y - 16 : y + 30,
    size: 17,
    color: colors.ink,
    anchor: atEdge ? 'start' : 'middle',
    weight: 'bold',
    halo: true,
  } as const;
  return (
    `<circle cx="${x}" cy="${y}" r="6.5" fill="${colors.paper}" stroke="${color}" stroke-width="3"/>` +
    text(label, clock(moment.time))
  );
}

function momentOf(point: AffectPoint, dimension: Dimension): Moment {
  const { time, low, high } = point;
  return {
    time,
    value: point[dimension],
    ...(low && high && { low: low[dimension], high: high[dimension] }),
  };
}

/** What a peak must stand out by to be told from chance: half the interval there, or a fortieth of the scale. */
function leastProminence({ low, high }: Moment, scale: Scale | undefined): number {
  if (low !== undefined && high !== undefined) return (high - low) / 2;
  return scale ? (scale[1] - scale[0]) / 40 : 0;
}

/** The whole scale of the labels, so that a small change looks small; without one, what there is, and room for labels. */
function valueScale(
  values: number[],
  scale: Scale | undefined,
  { top, height }: Place,
): ScaleLinear<number, number> {
  if (scale) return scaleLinear([...scale], [top + height, top]);
  const [low, high] = extentOf(values);
  const room = Math.max((high - low) * 0.18, 0.02);
  return scaleLinear([low - room, high + room], [top + height, top]);
}

/** How many decimals tell these ticks apart, two at least. */
function decimals([first = 0, second = first + 1]: readonly number[]): number {
  return Math.max(2, Math.ceil(-Math.log10(second - first) - 1e-9));
}

/** At most about 350 moments, each the mean of its neighbors: more cannot be told apart. */
function thinned(moments: Moment[]): Moment[] {
  const together = Math.ceil(moments.length / 350);
  if (together <= 1) return moments;
  const hasInterval = moments.every(({ low, high }) => low !== undefined && high !== undefined);
  return Array.from({ length: Math.ceil(moments.length / together) }, (_, index) => {
    const group = moments.slice(index * together, (index + 1) * together);
    const of = (key: keyof Moment) => mean(group.map((moment) => moment[key]!));
    return {
      time: of('time'),
      value: of('value'),
      ...(hasInterval && { low: of('low'), high: of('high') }),
    };
  });
}
