import { execFileSync } from 'node:child_process';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { analysisOf } from '../src/jobs/index.ts';
import { hasChromium, type ServedPage, sample, seriousFaults, servedPage } from './page-fixture.ts';

/** Where pictures of the page are to be written; they are those of the README. */
const pictures = process.env.AFFECTLINE_PICTURES;

describe.skipIf(!hasChromium)('what raters do on the page, and films side by side (needs chromium)', () => {
  let served: ServedPage;
  const open: ServedPage['open'] = (...given) => served.open(...given);
  beforeAll(async () => {
    served = await servedPage();
  }, 300_000);
  afterAll(() => served?.close());

  test('scenes are labeled in pairs by the keyboard alone, and a second rater agrees with the first', async () => {
    const { page, wrong } = await open('#/label', { bypassCSP: true });
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
    const { ranking } = await (await fetch(`${served.server.url}api/labels?dimension=arousal`)).json();
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
    const { traces } = await (await fetch(`${served.server.url}api/films/1/traces`)).json();
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
    const cut = join(served.folder, 'shorter cut.mp4');
    // without 15 s of it, smaller, and of another frame rate
    const kept = 'not(between(t,8,23))';
    execFileSync('ffmpeg', [
      ...['-v', 'error', '-i', sample, '-vf', `select='${kept}',setpts=N/FR/TB,scale=iw*3/4:-2,fps=20`],
      ...['-af', `aselect='${kept}',asetpts=N/SR/TB`, '-c:v', 'libx264', '-crf', '26', cut],
    ]);
    const running = { signal: new AbortController().signal, onProgress: () => {} };
    const id = await served.library.add(await analysisOf(served.analyzer, cut, running));
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
    const { times, by } = await (await fetch(`${served.server.url}api/films/1/compare/${id}`)).json();
    expect(by).toBe('content');
    const last = times.map((own: number[]) => own.at(-1)!);
    // what follows the part that one lacks lies 15 s earlier in it
    expect(last[0] - last[1]).toBe(15);
    await expect.poll(shown).toEqual(last);
    expect(await page.locator('.at').allInnerTexts()).toEqual(
      last.map((time: number) => `0:${String(time).padStart(2, '0')}`),
    );
    if (pictures) await page.screenshot({ path: join(pictures, 'page-compare.png'), fullPage: true });
    await page.goto(`${served.server.url}#/compare/1/1`);
    await page.getByText('most of what both show is the same').waitFor();
    expect(wrong).toEqual([]);
    await page.context().close();
    await served.library.remove(id);
  }, 120_000);
});
