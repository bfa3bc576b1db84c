// The page in Chromium: how soon it paints over loopback, and how smoothly the curve of a two-hour film moves along.
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import pino from 'pino';
import { chromium } from 'playwright-core';
import { openAnalyzer } from '../src/analysis/node/index.ts';
import { openLibrary } from '../src/library/index.ts';
import { serve } from '../src/server/index.ts';
import { describeMachine } from '../src/support/machine.ts';

const seconds = 7200;
const rounds = 7;
const median = (values: number[]) => values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)]!;

const folder = mkdtempSync(join(tmpdir(), 'affectline-page-'));
const library = await openLibrary({ folder });
const analyzer = await openAnalyzer();
const server = await serve({
  ...{ library, analyzer, port: 0, version: '0.0.0', log: pino({ level: 'silent' }) },
  uploads: join(folder, 'uploads'),
});
const browser = await chromium.launch({ executablePath: '/usr/bin/chromium', args: ['--no-sandbox'] });
try {
  // a point each second, with its interval, and a shot each 5 s
  const wave = (time: number, of: number) => 3 + Math.sin(time / of) + 0.3 * Math.sin(time / 7);
  const estimate = (time: number) => {
    const [valence, arousal] = [wave(time, 90), wave(time, 130)];
    const around = (by: number) => ({ valence: valence + by, arousal: arousal + by });
    return { valence, arousal, low: around(-0.4), high: around(0.4) };
  };
  const sample = await analyzer.analyze(join(import.meta.dirname, '../samples/sample.mp4'));
  await library.add({
    path: '/films/two-hours.mp4',
    result: {
      ...sample,
      duration: seconds,
      curve: Array.from({ length: seconds }, (_, time) => ({ time, ...estimate(time) })),
      shots: Array.from({ length: seconds / 5 }, (_, i) => ({
        ...{ from: 5 * i, to: 5 * i + 5, begins: i === 0 ? ('start' as const) : ('cut' as const) },
        ...estimate(5 * i),
      })),
    },
  });

  const paints: number[] = [];
  for (let round = 0; round < rounds; round++) {
    const context = await browser.newContext({ viewport: { width: 1280, height: 860 } });
    const page = await context.newPage();
    await page.goto(server.url);
    await page.getByRole('link', { name: /two-hours/ }).waitFor();
    paints.push(
      await page.evaluate(() => performance.getEntriesByName('first-contentful-paint')[0]!.startTime),
    );
    await context.close();
  }

  const page = await browser.newPage({ viewport: { width: 1280, height: 860 } });
  await page.goto(`${server.url}#/film/1`);
  const drawing = page.getByRole('img', { name: /Valence and arousal over the film/ });
  await drawing.locator('canvas').waitFor();
  for (let i = 0; i < 3; i++) await page.keyboard.press('+');
  // a turn of the wheel in every frame, as a finger on a touchpad gives
  const steps = await drawing.locator('.u-over').evaluate(async (over) => {
    const times: number[] = [];
    for (let i = 0; i < 180; i++) {
      times.push(await new Promise<number>((frame) => requestAnimationFrame(frame)));
      over.dispatchEvent(new WheelEvent('wheel', { deltaX: i < 90 ? 12 : -12, cancelable: true }));
    }
    return times.slice(1).map((time, i) => time - times[i]!);
  });
  const late = steps.filter((step) => step > 1.5 * (1000 / 60)).length;
  console.log(`${describeMachine()}, Chromium ${browser.version()} without a GPU\n`);
  console.log(
    `first contentful paint   ${median(paints).toFixed(0)} ms (median of ${rounds}, at most ${Math.max(...paints).toFixed(0)})   goal ≤ 1000`,
  );
  console.log(
    `a two-hour curve moves   ${(1000 / median(steps)).toFixed(0)} frames/s in the median, ${late} of ${steps.length} frames late   goal 60`,
  );
} finally {
  await browser.close();
  await server.close();
  await analyzer.close();
  await library.close();
  rmSync(folder, { recursive: true });
}
