import { execFileSync } from 'node:child_process';
import { copyFileSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import pino from 'pino';
import { type Browser, chromium, type Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { openAnalyzer } from '../src/analysis/node/index.ts';
import { analysisOf } from '../src/jobs/index.ts';
import { analysisOf as fixedAnalysis } from '../src/library/analysis-fixture.ts';
import { emptyLibrary } from '../src/library/embedded-fixture.ts';
import { type Library, openLibrary } from '../src/library/index.ts';
import { type RunningServer, serve } from '../src/server/index.ts';
import { requirement } from '../src/support/testing.ts';

const executable = '/usr/bin/chromium';
const hasChromium = requirement('chromium', () => execFileSync(executable, ['--version']).length > 0);
const axe = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');
const sample = fileURLToPath(new URL('../samples/sample.mp4', import.meta.url));
/** Where pictures of the page are to be written; they are those of the README. */
const pictures = process.env.AFFECTLINE_PICTURES;

describe.skipIf(!hasChromium)('the page (needs chromium)', () => {
  const folder = mkdtempSync(join(tmpdir(), 'affectline-page-'));
  let library: Library;
  let analyzer: Awaited<ReturnType<typeof openAnalyzer>>;
  let server: RunningServer;
  let browser: Browser;

  beforeAll(async () => {
    copyFileSync(sample, join(folder, 'sample.mp4'));
    library = await openLibrary({ folder: await emptyLibrary(folder) });
    analyzer = await openAnalyzer();
    const running = { signal: new AbortController().signal, onProgress: () => {} };
    await library.add(await analysisOf(analyzer, join(folder, 'sample.mp4'), running));
    const runs = join(folder, 'runs');
    mkdirSync(join(runs, 'first'), { recursive: true });
    const epochs = Array.from({ length: 12 }, (_, i) => {
      const error = 0.5 + 0.4 * Math.exp(-i / 3) + 0.012 * i;
      return JSON.stringify({
        ...{ epoch: i + 1, trainLoss: 0.2 + 0.7 * Math.exp(-i / 3), validationError: error },
        ...{ valenceError: 0.9 * error, arousalError: 1.1 * error },
        ...{ valenceR: 0.5 * (1 - Math.exp(-i / 4)), arousalR: 0.6 * (1 - Math.exp(-i / 3)) },
      });
    });
    writeFileSync(join(runs, 'first/metrics.jsonl'), epochs.join('\n'));
    writeFileSync(join(runs, 'first/report.md'), '# What came out\n');
    server = await serve({
      ...{ library, analyzer, port: 0, version: '0.0.0', log: pino({ level: 'silent' }) },
      uploads: join(folder, 'uploads'),
      runs,
    });
    browser = await chromium.launch({ executablePath: executable, args: ['--no-sandbox'] });
  }, 300_000);
  afterAll(async () => {
    await browser?.close();
    await server?.close();
    await analyzer?.close();
    await library?.close();
    rmSync(folder, { recursive: true });
  });

  /** A page at an address, and what went wrong on it. */
  async function open(at: string, options: Parameters<Browser['newContext']>[0] = {}) {
    const context = await browser.newContext({ viewport: { width: 1280, height: 860 }, ...options });
    const page = await context.newPage();
    const wrong: string[] = [];
    page.on('console', (message) => message.type() === 'error' && wrong.push(message.text()));
    page.on('pageerror', (error) => wrong.push(String(error)));
    await page.goto(server.url + at);
    return { page, wrong };
  }

  test('from the library to a film: its curve, its values in words, its way over the plane', async () => {
    const { page, wrong } = await open('');
    await page.getByRole('link', { name: /sample\.mp4/ }).click();
    await page.getByRole('heading', { name: 'sample.mp4' }).waitFor();
    const drawing = page.getByRole('img', { name: /Valence and arousal over the film/ });
    await drawing.locator('canvas').waitFor();
    // colored pixels of both curves
    const colors = await drawing.locator('canvas').evaluate((canvas: HTMLCanvasElement) => {
      const { data } = canvas.getContext('2d')!.getImageData(0, 0, canvas.width, canvas.height);
      let [green, red] = [0, 0];
      for (let i = 0; i < data.length; i += 4) {
        if (data[i + 3]! < 200) continue;
        if (data[i]! < 60 && data[i + 1]! > 90 && data[i + 2]! < 130) green++;
        if (data[i]! > 150 && data[i + 1]! < 110 && data[i + 2]! < 80) red++;
      }
      return { green, red };
    });
    expect(colors.green).toBeGreaterThan(500);
    expect(colors.red).toBeGreaterThan(500);
    const { affect } = await (await fetch(`${server.url}api/films/1`)).json();
    const box = (await drawing.boundingBox())!;
    await page.mouse.click(box.x + box.width * 0.8, box.y + 100);
    await expect.poll(() => page.locator('.value').innerText()).toMatch(/^0:2\d/);
    const text = await page.locator('.value').innerText();
    const [, seconds] = /^0:(\d\d)/.exec(text)!;
    expect(text).toContain(affect.curve[Number(seconds)].valence.toFixed(2));
    expect(text).toMatch(/pleasant|unpleasant/);
    await page.keyboard.press('j');
    await expect
      .poll(() => page.locator('.value').innerText())
      .toMatch(new RegExp(`^0:${Number(seconds) - 5}`));
    expect(wrong).toEqual([]);
    if (pictures) await page.screenshot({ path: join(pictures, 'page-film.png'), fullPage: true });
    await page.context().close();
  }, 60_000);

  test('where in the paused frame a value comes from: a map over the video, and in words', async () => {
    const { page, wrong } = await open('#/film/1', { bypassCSP: true });
    await page.getByRole('button', { name: 'Where in the picture?' }).click();
    const said = page.locator('.screen').getByRole('status');
    await expect
      .poll(() => said.innerText(), { timeout: 30_000 })
      .toMatch(/^In this frame \w+ (adds|takes) [\d.]+ (to|from) arousal, most of it/);
    const { frame, view } = await (await fetch(`${server.url}api/films/1/places?at=0`)).json();
    const { width, height } = frame.maps[0];
    const cells = page.locator('.screen svg rect');
    expect(await cells.count()).toBe(width * height);
    const [map, video] = [page.locator('.screen svg'), page.locator('video')];
    const [over, under] = [(await map.boundingBox())!, (await video.boundingBox())!];
    expect(over.height / under.height).toBeCloseTo(view.height, 1);
    await page.locator('.screen select').first().selectOption('flow');
    await page.locator('.screen select').last().selectOption('valence');
    await expect
      .poll(() => said.innerText())
      .toMatch(/^In this frame flow (adds|takes) [\d.]+ (to|from) valence/);
    const clip = { x: 0, y: 0, width: 1280, height: 690 };
    if (pictures) await page.screenshot({ path: join(pictures, 'page-places.png'), clip });
    await page.addScriptTag({ content: axe });
    expect(await seriousFaults(page)).toEqual([]);
    expect(wrong).toEqual([]);
    await page.context().close();
  }, 90_000);

  test('the library is shown page by page, and the keyboard goes on where the next one begins', async () => {
    const ids: number[] = [];
    const { description } = analyzer.model;
    for (let i = 0; i < 4; i++)
      ids.push(await library.add(fixedAnalysis(`more ${i}.mp4`, 20, i, description)));
    const { page, wrong } = await open('#/search');
    await page.route(/\/api\/films(\?|$)/, (route) => {
      const url = new URL(route.request().url());
      url.searchParams.set('limit', '2');
      return route.continue({ url: url.href });
    });
    await page.getByRole('link', { name: 'Library' }).click();
    const cards = page.getByRole('heading', { level: 2 });
    await page.getByText('2 of 5 are shown').waitFor();
    expect(await cards.allInnerTexts()).toEqual(['more 3.mp4', 'more 2.mp4']);
    await page.getByRole('button', { name: 'Show more films' }).focus();
    await page.keyboard.press('Enter');
    await page.getByText('4 of 5 are shown').waitFor();
    await expect.poll(() => page.evaluate(() => document.activeElement?.textContent)).toContain('more 1.mp4');
    await page.getByRole('button', { name: 'Show more films' }).click();
    await page.getByText('5 films.').waitFor();
    await expect.poll(() => cards.count()).toBe(5);
    expect(await page.getByRole('button', { name: 'Show more films' }).count()).toBe(0);
    expect(wrong).toEqual([]);
    await page.context().close();
    for (const id of ids) await library.remove(id);
  }, 60_000);

  test('the theme is that of the system, which may change, or the one that was chosen', async () => {
    const { page } = await open('', { colorScheme: 'dark' });
    const paper = () => page.evaluate(() => getComputedStyle(document.documentElement).backgroundColor);
    await expect.poll(paper).toBe('rgb(18, 24, 31)');
    await page.emulateMedia({ colorScheme: 'light' });
    await expect.poll(paper).toBe('rgb(251, 250, 247)');
    await page.getByLabel('Theme').selectOption('dark');
    await expect.poll(paper).toBe('rgb(18, 24, 31)');
    await page.reload();
    await expect.poll(paper).toBe('rgb(18, 24, 31)');
    await page.context().close();
  }, 60_000);

  test('scenes are found by word, quadrant, point, shape and drawing, and played where they begin', async () => {
    const { page, wrong } = await open('#/search');
    const found = page.getByRole('list').getByRole('link', { name: /sample\.mp4, \d/ });
    await page.getByLabel('Scenes that feel').selectOption('calm');
    await page.getByRole('heading', { name: 'scenes that feel calm' }).waitFor();
    expect(await found.count()).toBeGreaterThan(0);
    await page.getByRole('button', { name: 'Find scenes of this shape' }).click();
    await page.getByRole('heading', { name: 'the curve you drew' }).waitFor();
    // the sample film is too short for a shape of a minute
    expect(await found.count()).toBe(0);
    await page.getByText('Nothing found').waitFor();
    const { description } = analyzer.model;
    const id = await library.add(fixedAnalysis('longer film.mp4', 600, 1, description));
    await page.getByRole('button', { name: 'Find scenes of this shape' }).click();
    await page
      .getByRole('link', { name: /longer film\.mp4, \d/ })
      .first()
      .waitFor();
    if (pictures) await page.screenshot({ path: join(pictures, 'page-drawn.png') });
    await library.remove(id);
    await page.getByRole('button', { name: 'Find', exact: true }).click();
    await page.getByRole('heading', { name: '“calm, then a peak”' }).waitFor();
    const plane = page.getByRole('application', { name: /Choose a point/ });
    await plane.focus();
    await page.keyboard.press('ArrowUp');
    await page.getByRole('heading', { name: 'valence 0.00, arousal 0.05' }).waitFor();
    if (pictures) await page.screenshot({ path: join(pictures, 'page-search.png') });
    await found.first().click();
    await page.getByRole('heading', { name: 'sample.mp4' }).waitFor();
    expect(page.url()).toMatch(/#\/film\/1\/\d+$/);
    expect(wrong).toEqual([]);
    await page.context().close();
  }, 60_000);

  test('a film that is dropped is analyzed before the eyes of who brought it, and forgotten', async () => {
    const { page, wrong } = await open('');
    const path = join(folder, 'noise.wav');
    execFileSync('ffmpeg', ['-v', 'error', '-f', 'lavfi', '-i', 'anoisesrc=d=2:seed=1', path]);
    await page.getByLabel(/Drop films here/).setInputFiles(path);
    await page.getByText('noise.wav: analyzed').waitFor({ timeout: 50_000 });
    await page.getByRole('link', { name: /noise\.wav/ }).click();
    page.on('dialog', (dialog) => void dialog.accept());
    await page.getByRole('button', { name: 'Forget this film' }).click();
    await page.getByText('One film.').waitFor();
    expect(wrong).toEqual([]);
    await page.getByLabel(/Drop films here/).setInputFiles({
      ...{ name: 'text.mp4', mimeType: 'video/mp4' },
      buffer: Buffer.from('no film'),
    });
    await page.locator('.problem').filter({ hasText: 'text.mp4' }).waitFor();
    await page.context().close();
  }, 90_000);

  test('scenes are labeled in pairs by the keyboard alone, and a second rater agrees with the first', async () => {
    const { page, wrong } = await open('#/label', { bypassCSP: true });
    await page.addScriptTag({ content: axe });
    for (const rater of ['Ann', 'Ben']) {
      await page.getByLabel('Your name').fill(rater);
      await page.keyboard.press('Enter');
      await page.getByRole('heading', { name: 'Which scene excites more?' }).waitFor();
      await page.getByRole('button', { name: 'The left one' }).focus();
      if (rater === 'Ann') {
        await page.keyboard.press('1');
        const video = page.locator('video').first();
        await expect.poll(() => video.evaluate((element: HTMLVideoElement) => element.paused)).toBe(false);
        await page.keyboard.press('1');
        await expect.poll(() => video.evaluate((element: HTMLVideoElement) => element.paused)).toBe(true);
        for (const colorScheme of ['light', 'dark'] as const) {
          await page.emulateMedia({ colorScheme });
          expect(await seriousFaults(page), colorScheme).toEqual([]);
        }
        await page.emulateMedia({ colorScheme: 'light' });
      }
      if (pictures && rater === 'Ben')
        await page.screenshot({ path: join(pictures, 'page-label.png'), fullPage: true });
      // the later scene every time, until no pair is left
      for (let asked = 0; asked < 40; asked++) {
        const times = page.locator('.pair .quiet');
        if ((await times.count()) === 0) break;
        const [left, right] = (await times.allInnerTexts()).map((text) => /(\d+:\d+) –/.exec(text)![1]!);
        const before = await page.getByRole('list').allInnerTexts();
        await page.keyboard.press(left! > right! ? 'ArrowLeft' : 'ArrowRight');
        await expect.poll(() => page.getByRole('list').allInnerTexts()).not.toEqual(before);
      }
      await page.getByText('You have answered every pair').waitFor();
    }
    await page.getByText('two raters choose the same in 100%').waitFor();
    const { ranking } = await (await fetch(`${server.url}api/labels?dimension=arousal`)).json();
    const starts = ranking.map(({ from }: { from: number }) => from);
    expect(starts).toEqual([...starts].sort((a, b) => b - a));
    await page.keyboard.press('Backspace');
    await page.getByRole('button', { name: 'I cannot say' }).waitFor();
    expect(wrong).toEqual([]);
    await page.context().close();
  }, 90_000);

  test('a film is rated while it plays, with the pointer and with the keys, and the rating is there again', async () => {
    const { page, wrong } = await open('#/rate/1');
    await page.getByLabel('Your name').fill('Ann');
    const slider = page.getByRole('slider', { name: /how excited/ });
    const play = page.getByRole('button', { name: 'Play and rate' });
    await play.focus();
    const pad = (await page.locator('.pad').boundingBox())!;
    await page.mouse.move(pad.x + 40, pad.y + 4);
    await expect.poll(async () => Number(await slider.inputValue())).toBeGreaterThan(0.9);
    await page.keyboard.press('Enter');
    // some of them with the pointer, before the keys take over
    await expect
      .poll(() => page.locator('.points').innerText(), { timeout: 30_000 })
      .toMatch(/([4-9]|\d\d) moments rated/);
    await slider.focus();
    for (let i = 0; i < 3; i++) await page.keyboard.press('ArrowDown');
    await expect
      .poll(() => page.locator('video').evaluate((element: HTMLVideoElement) => element.currentTime), {
        timeout: 30_000,
      })
      .toBeGreaterThan(1.5);
    await page.getByRole('button', { name: 'Stop' }).click();
    await page.getByRole('button', { name: 'Keep this rating' }).click();
    await page.getByText('Kept.').waitFor();
    const { traces } = await (await fetch(`${server.url}api/films/1/traces`)).json();
    expect(traces).toHaveLength(1);
    expect(traces[0]).toMatchObject({ rater: 'ann', dimension: 'arousal' });
    expect(Math.max(...traces[0].values)).toBeGreaterThan(0.9);
    expect(traces[0].values.at(-1)).toBeLessThan(Math.max(...traces[0].values));
    expect(traces[0].times.at(-1)).toBeGreaterThan(1);
    await page.reload();
    await page.getByText('ann: 0:00').waitFor();
    expect(await page.locator('path.rated').count()).toBe(1);
    if (pictures) await page.screenshot({ path: join(pictures, 'page-rate.png') });
    expect(wrong).toEqual([]);
    await page.context().close();
  }, 60_000);

  test('two cuts stand side by side, at moments that go together by what they show', async () => {
    const cut = join(folder, 'shorter cut.mp4');
    // without 15 s of it, smaller, and of another frame rate
    const kept = 'not(between(t,8,23))';
    execFileSync('ffmpeg', [
      ...['-v', 'error', '-i', sample, '-vf', `select='${kept}',setpts=N/FR/TB,scale=iw*3/4:-2,fps=20`],
      ...['-af', `aselect='${kept}',asetpts=N/SR/TB`, '-c:v', 'libx264', '-crf', '26', cut],
    ]);
    const running = { signal: new AbortController().signal, onProgress: () => {} };
    const id = await library.add(await analysisOf(analyzer, cut, running));
    const { page, wrong } = await open('#/film/1');
    await page.getByLabel('Beside it, the film of the number').fill(String(id));
    await page.keyboard.press('Enter');
    await page.getByRole('heading', { name: 'sample.mp4 and shorter cut.mp4' }).waitFor();
    await page.getByText('Moments that look and sound alike').waitFor();
    const slider = page.getByRole('slider', { name: 'Moment' });
    await slider.focus();
    await page.keyboard.press('End');
    const shown = () =>
      page.locator('video').evaluateAll((all) => all.map((video) => (video as HTMLVideoElement).currentTime));
    const { times, by } = await (await fetch(`${server.url}api/films/1/compare/${id}`)).json();
    expect(by).toBe('content');
    const last = times.map((own: number[]) => own.at(-1)!);
    // what follows the part that one lacks lies 15 s earlier in it
    expect(last[0] - last[1]).toBe(15);
    await expect.poll(shown).toEqual(last);
    expect(await page.locator('.at').allInnerTexts()).toEqual(
      last.map((time: number) => `0:${String(time).padStart(2, '0')}`),
    );
    if (pictures) await page.screenshot({ path: join(pictures, 'page-compare.png'), fullPage: true });
    await page.goto(`${server.url}#/compare/1/1`);
    await page.getByText('most of what both show is the same').waitFor();
    expect(wrong).toEqual([]);
    await page.context().close();
    await library.remove(id);
  }, 120_000);

  test('training runs are shown with their curves and their report', async () => {
    const { page, wrong } = await open('#/runs');
    await page.getByText('the best is 8: r 0.413').waitFor();
    await page.getByRole('img', { name: 'mean squared error of first by epoch' }).waitFor();
    await page.getByText('# What came out').waitFor();
    if (pictures) await page.screenshot({ path: join(pictures, 'page-runs.png') });
    expect(wrong).toEqual([]);
    await page.context().close();
  }, 60_000);

  test.each(['', '#/film/1', '#/search', '#/label', '#/rate/1', '#/compare/1/1', '#/runs', '#/film/99'])(
    'nothing stands in the way of anybody at /%s, in light, in dark and on a telephone',
    async (at) => {
      for (const colorScheme of ['light', 'dark'] as const) {
        // its policy forbids the checker as well
        const { page } = await open(at, {
          colorScheme,
          bypassCSP: true,
          viewport: { width: 360, height: 740 },
        });
        await page.getByRole('heading', { level: 1 }).waitFor();
        await page.waitForLoadState('networkidle');
        await page.addScriptTag({ content: axe });
        expect(await seriousFaults(page), colorScheme).toEqual([]);
        const width = await page.evaluate(() => document.documentElement.scrollWidth);
        expect(width).toBeLessThanOrEqual(360);
        await page.context().close();
      }
    },
    60_000,
  );

  test('the keyboard reaches the content first, and everything after it', async () => {
    const { page } = await open('');
    await page.getByRole('link', { name: /sample\.mp4/ }).waitFor();
    await page.keyboard.press('Tab');
    await expect.poll(() => page.evaluate(() => document.activeElement?.textContent)).toBe('To the content');
    await page.keyboard.press('Enter');
    expect(await page.evaluate(() => document.activeElement?.id)).toBe('content');
    for (let i = 0; i < 10; i++) {
      await page.keyboard.press('Tab');
      if (await page.evaluate(() => document.activeElement?.getAttribute('href')?.startsWith('#/film')))
        break;
    }
    await page.keyboard.press('Enter');
    await page.getByRole('heading', { name: 'sample.mp4' }).waitFor();
    if (pictures) {
      await page.goto(server.url);
      await page.getByRole('link', { name: /sample\.mp4/ }).waitFor();
      await page.screenshot({ path: join(pictures, 'page-library.png') });
    }
    await page.context().close();
  }, 60_000);
});

interface Fault {
  id: string;
  impact: string;
  nodes: { html: string }[];
}

/** What axe calls serious or worse. */
async function seriousFaults(page: Page): Promise<string[]> {
  const { violations } = (await page.evaluate('axe.run()')) as { violations: Fault[] };
  return violations
    .filter(({ impact }) => impact === 'serious' || impact === 'critical')
    .map(({ id, nodes }) => `${id}: ${nodes.map(({ html }) => html).join(' ')}`);
}
