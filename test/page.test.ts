import { execFileSync } from 'node:child_process';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { analysisOf as fixedAnalysis } from '../src/library/analysis-fixture.ts';
import { hasChromium, type ServedPage, seriousFaults, servedPage } from './page-fixture.ts';

/** Where pictures of the page are to be written; they are those of the README. */
const pictures = process.env.AFFECTLINE_PICTURES;

describe.skipIf(!hasChromium)('the page (needs chromium)', () => {
  let served: ServedPage;
  const open: ServedPage['open'] = (...given) => served.open(...given);
  beforeAll(async () => {
    served = await servedPage();
  }, 300_000);
  afterAll(() => served?.close());

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
    const { affect } = await (await fetch(`${served.server.url}api/films/1`)).json();
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
    // zoomed twice, the beginning is not shown any more; moved along by the wheel and by a key, ever later moments are
    const clicked = async () => {
      await page.mouse.click(box.x + box.width * 0.1, box.y + 100);
      await page.waitForTimeout(200);
      return Number(/^0:(\d\d)/.exec(await page.locator('.value').innerText())![1]);
    };
    const whole = await clicked();
    for (const pressed of ['+', '+']) await page.keyboard.press(pressed);
    const zoomed = await clicked();
    await page.mouse.wheel(200, 0);
    const turned = await clicked();
    await page.keyboard.press('.');
    const moved = await clicked();
    expect([whole < 4, zoomed > whole + 5, turned > zoomed, moved > turned]).toEqual([
      true,
      true,
      true,
      true,
    ]);
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
    const { frame, view } = await (await fetch(`${served.server.url}api/films/1/places?at=0`)).json();
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
    expect(await seriousFaults(page)).toEqual([]);
    expect(wrong).toEqual([]);
    await page.context().close();
  }, 90_000);

  test('the library is shown page by page, and the keyboard goes on where the next one begins', async () => {
    const ids: number[] = [];
    const { description } = served.analyzer.model;
    for (let i = 0; i < 4; i++)
      ids.push(await served.library.add(fixedAnalysis(`more ${i}.mp4`, 20, i, description)));
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
    for (const id of ids) await served.library.remove(id);
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
    const { description } = served.analyzer.model;
    const id = await served.library.add(fixedAnalysis('longer film.mp4', 600, 1, description));
    await page.getByRole('button', { name: 'Find scenes of this shape' }).click();
    await page
      .getByRole('link', { name: /longer film\.mp4, \d/ })
      .first()
      .waitFor();
    if (pictures) await page.screenshot({ path: join(pictures, 'page-drawn.png') });
    await served.library.remove(id);
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
    const path = join(served.folder, 'noise.wav');
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
});
