import { colors, drawing, renderPng } from '../results/index.ts';
import { drawLegend, drawPanel, drawTitle, extent, panel } from './draw-panel.ts';

/** Both curves of one film and dimension; each in units of its own spread, so that they can be laid on each other. */
export interface RatedCurve {
  readonly dimension: 'valence' | 'arousal';
  readonly seconds: ArrayLike<number>;
  readonly ratings: readonly number[];
  readonly model: readonly number[];
  /** Said beside the title: r and lag. */
  readonly about: string;
}

/** People's ratings (gray) and the model's curve (in color) of a film. A PNG 1280 pixels wide. */
export async function drawRatedCurves(film: string, curves: readonly RatedCurve[]): Promise<Uint8Array> {
  const height = 300;
  const panels = curves.map(({ dimension, seconds, ratings, model, about }, i) => {
    const [people, own] = [standardized(ratings), standardized(model)];
    const place = { left: 80, right: 1220, top: 150 + height * i, bottom: 370 + height * i };
    const x = [seconds[0]!, seconds[seconds.length - 1]!] as const;
    const { x: across, y: up } = panel({ title: '', place, x, y: extent([...people, ...own]) });
    const path = (values: readonly number[], color: string) => {
      let isDrawing = false;
      const d = values
        .map((value, k) => {
          const command = isDrawing ? 'L' : 'M';
          isDrawing = Number.isFinite(value);
          return isDrawing ? `${command}${across(seconds[k]!).toFixed(1)} ${up(value).toFixed(1)}` : '';
        })
        .join('');
      return `<path d="${d}" fill="none" stroke="${color}" stroke-width="2.5" stroke-linejoin="round"/>`;
    };
    return (
      drawPanel({ title: `${dimension}: ${about}`, x: across, y: up }) +
      path(people, colors.faint) +
      path(own, colors[dimension])
    );
  });
  const legend = drawLegend(80, 100, [
    ['people’s ratings', colors.faint],
    ['valence of the model', colors.valence],
    ['arousal of the model', colors.arousal],
  ]);
  const svg = drawing({ width: 1280, height: 130 + height * curves.length }, [
    drawTitle(80, film, 'seconds →, standard deviations from the film’s own mean ↑'),
    legend,
    ...panels,
  ]);
  return await renderPng(svg, true);
}

function standardized(values: readonly number[]): number[] {
  const finite = values.filter(Number.isFinite);
  const center = finite.reduce((sum, value) => sum + value, 0) / finite.length;
  const spread =
    Math.sqrt(finite.reduce((sum, value) => sum + (value - center) ** 2, 0) / finite.length) || 1;
  return values.map((value) => (value - center) / spread);
}
