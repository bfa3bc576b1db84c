import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { hasChromium, type ServedPage, seriousFaults, servedPage } from './page-fixture.ts';

/** Where pictures of the page are to be written; they are those of the README. */
const pictures = process.env.AFFECTLINE_PICTURES;

describe.skipIf(!hasChromium)('every view of the page (needs chromium)', () => {
  let served: ServedPage;
  const open: ServedPage['open'] = (...given) => served.open(...given);
  beforeAll(async () => {
    served = await servedPage();
  }, 300_000);
  afterAll(() => served?.close());

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
      await page.goto(served.server.url);
      await page.getByRole('link', { name: /sample\.mp4/ }).waitFor();
      await page.screenshot({ path: join(pictures, 'page-library.png') });
    }
    await page.context().close();
  }, 60_000);
});
