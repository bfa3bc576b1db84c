import { curveLinear, line as path } from 'd3-shape';
import { colors, drawing, line, renderPng } from '../results/index.ts';
import type { EpochRecord } from '../training/index.ts';
import { drawLegend, drawPanel, drawTitle, extent, type Panel, panel } from './draw-panel.ts';

const size = { width: 1280, height: 620 };
const [top, bottom] = [150, 550];

/** How a training went, epoch by epoch: errors at the left, correlations at the right. A PNG of 1280 × 620 pixels. */
export async function drawRun(
  records: readonly EpochRecord[],
  { name, about }: { readonly name: string; readonly about: string },
): Promise<Uint8Array> {
  const epochs: [number, number] = [Math.min(1, records.length - 1), Math.max(records.length, 2)];
  const best = records.reduce((a, b) => (b.validationError < a.validationError ? b : a));
  const errors = ['trainLoss', 'valenceError', 'arousalError'] as const;
  const correlations = ['valenceR', 'arousalR'] as const;
  const all = (keys: readonly (keyof EpochRecord)[]) =>
    records.flatMap((record) => keys.map((key) => record[key]));
  const error = panel({
    title: 'mean squared error',
    place: { left: 90, right: 610, top, bottom },
    x: epochs,
    y: extent(all(errors)),
  });
  const correlation = panel({
    title: "Pearson's r on validation clips",
    place: { left: 720, right: 1240, top, bottom },
    x: epochs,
    y: extent(all(correlations)),
  });
  const ticks = [...new Set(error.x.ticks(8).map(Math.round))].filter((epoch) => epoch >= epochs[0]);
  const marked = ({ x }: Panel) =>
    line({ x1: x(best.epoch), y1: top, x2: x(best.epoch), y2: bottom, color: colors.faint, dash: '3 5' });
  const svg = drawing(size, [
    drawTitle(60, `${name}: epoch ${records.length}, the best is ${best.epoch}`, about),
    ...[error, correlation].map((each) => drawPanel(each, ticks) + marked(each)),
    drawSeries(error, records, 'trainLoss', colors.ink),
    drawSeries(error, records, 'valenceError', colors.valence),
    drawSeries(error, records, 'arousalError', colors.arousal),
    drawSeries(correlation, records, 'valenceR', colors.valence),
    drawSeries(correlation, records, 'arousalR', colors.arousal),
    drawLegend(90, 604, [
      ['training', colors.ink],
      ['valence, validation', colors.valence],
      ['arousal, validation', colors.arousal],
    ]),
  ]);
  return await renderPng(svg);
}

function drawSeries(
  { x, y }: Panel,
  records: readonly EpochRecord[],
  key: keyof EpochRecord,
  color: string,
): string {
  const curve = path<EpochRecord>()
    .x((record) => x(record.epoch))
    .y((record) => y(record[key]))
    .curve(curveLinear)(records)!;
  const dots = records.length > 40 ? [] : records;
  return (
    `<path d="${curve}" fill="none" stroke="${color}" stroke-width="2.5" stroke-linejoin="round"/>` +
    dots
      .map((record) => `<circle cx="${x(record.epoch)}" cy="${y(record[key])}" r="3.5" fill="${color}"/>`)
      .join('')
  );
}
