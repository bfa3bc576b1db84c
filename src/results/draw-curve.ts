import { type ScaleLinear, scaleLinear } from 'd3-scale';
import { area, curveMonotoneX, line as path } from 'd3-shape';
import type { Dimension, FilmAffect } from '../affect/index.ts';
import { colors, line, text } from './drawing.ts';
import { clock, shown } from './numbers.ts';
import { type Peak, peaksOf } from './peaks.ts';

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
}

const ends = { valence: ['pleasant', 'unpleasant'], arousal: ['excited', 'calm'] } as const;

/** One curve around the film's own value: what lies above and below it is filled, and the turning points carry their time. */
export function drawCurve(film: FilmAffect, dimension: Dimension, place: Place): string {
  const moments = thinned(film.curve.map((point) => ({ time: point.time, value: point[dimension] })));
  const baseline = film.clip[dimension];
  const { top, time } = place;
  const [left, right] = time.range() as [number, number];
  const value = valueScale([...moments.map((moment) => moment.value), baseline], film.model.scale, place);
  const color = colors[dimension];
  const [high, low] = ends[dimension];
  const ticks = value.ticks(4);
  const frame = [
    ...ticks.map((tick) => {
      const y = value(tick);
      return (
        line({ x1: left, y1: y, x2: right, y2: y, color: colors.rule }) +
        text(
          { x: left - 12, y: y + 5, size: 15, color: colors.faint, anchor: 'end' },
          shown(tick, film.model.scale, decimals(ticks)),
        )
      );
    }),
    text({ x: left, y: top - 20, size: 20, color, weight: 'bold' }, dimension),
    text({ x: left + 100, y: top - 20, size: 15, color: colors.quiet }, `▲ ${high}   ▼ ${low}`),
  ].join('');
  return frame + (moments.length === 0 ? '' : curve(moments, value, baseline, color, place));
}

function curve(
  moments: Moment[],
  value: ScaleLinear<number, number>,
  baseline: number,
  color: string,
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
  const peaks = peaksOf(levels, 3, Math.ceil(110 / pixelsApart));
  return [
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

/** Room above and below for the labels of the peaks; never so close that noise looks like drama. */
function valueScale(
  values: number[],
  [lowest, highest]: readonly [number, number] = [-0.5, 0.5],
  { top, height }: Place,
): ScaleLinear<number, number> {
  const [low, high] = [Math.min(...values), Math.max(...values)];
  const room = Math.max((high - low) * 0.18, (highest - lowest) * 0.02);
  return scaleLinear([low - room, high + room], [top + height, top]);
}

/** How many decimals tell these ticks apart, two at least. */
function decimals([first = 0, second = first + 1]: readonly number[]): number {
  return Math.max(2, Math.ceil(-Math.log10(second - first) - 1e-9));
}

/** At most about 350 moments, each the mean of its neighbours: more cannot be told apart. */
function thinned(moments: Moment[]): Moment[] {
  const together = Math.ceil(moments.length / 350);
  if (together <= 1) return moments;
  const mean = (group: Moment[], key: keyof Moment) =>
    group.reduce((sum, moment) => sum + moment[key], 0) / group.length;
  return Array.from({ length: Math.ceil(moments.length / together) }, (_, index) => {
    const group = moments.slice(index * together, (index + 1) * together);
    return { time: mean(group, 'time'), value: mean(group, 'value') };
  });
}
