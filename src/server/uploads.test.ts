import { execFileSync } from 'node:child_process';
import { readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, expect, test } from 'vitest';
import { servedLibrary } from './server-fixture.ts';

const served = await servedLibrary();
const { folder, film, uploads, server, ask, asked } = served;
afterAll(() => served.close());

const upload = (name: string, body: Uint8Array, to = server.url) =>
  fetch(new URL(`/api/films?name=${encodeURIComponent(name)}`, to), {
    method: 'POST',
    body: Uint8Array.from(body),
  });

test('a film that is brought is analyzed, with its progress, and forgotten', async () => {
  const path = join(folder, 'short.wav');
  execFileSync('ffmpeg', ['-v', 'error', '-f', 'lavfi', '-i', 'anoisesrc=d=2:seed=1', path]);
  const response = await upload('../../a "film" <1>.wav', readFileSync(path));
  expect(response.status).toBe(202);
  const { job } = await response.json();
  expect(job.title).toBe('a _film_ _1_.wav');
  expect(JSON.stringify(job)).not.toContain(uploads);
  const events = await (await ask(`/api/jobs/${job.id}/events`)).text();
  const last = JSON.parse(
    events
      .trim()
      .split('\n')
      .filter((line) => line.startsWith('data: '))
      .at(-1)!
      .slice(6),
  );
  expect(last).toMatchObject({ id: job.id, state: 'done', done: 1 });
  const { films } = await asked('/api/films');
  const added = films.find(({ title }: { title: string }) => title === 'a _film_ _1_.wav');
  expect(added.duration).toBeCloseTo(2, 1);
  expect((await ask(`/api/films/${added.id}`, { method: 'DELETE' })).status).toBe(204);
  expect((await ask(`/api/films/${added.id}`)).status).toBe(404);
  // and with it the copy that was brought
  expect(readdirSync(uploads)).toEqual([]);
}, 120_000);

test('the copy of a film whose analysis has failed for good is removed, and that of another film stays', async () => {
  const path = join(folder, 'kept.wav');
  execFileSync('ffmpeg', ['-v', 'error', '-f', 'lavfi', '-i', 'sine=d=2', path]);
  const kept = (await (await upload("Don't look.wav", readFileSync(path))).json()).job;
  await (await ask(`/api/jobs/${kept.id}/events`)).text();
  const { films } = await asked('/api/films');
  expect(films[0].title).toBe("Don't look.wav");
  // opens, and then has nothing to be analyzed: a picture, for a model that only listens
  const silent = join(folder, 'silent.mp4');
  execFileSync('ffmpeg', ['-v', 'error', '-f', 'lavfi', '-i', 'color=s=64x64:d=1', silent]);
  const failing = (await (await upload('silent.mp4', readFileSync(silent))).json()).job;
  const events = await (await ask(`/api/jobs/${failing.id}/events`)).text();
  expect(events).toContain('"state":"failed"');
  expect(events).not.toContain(uploads);
  await expect.poll(() => readdirSync(uploads).length, { timeout: 30_000 }).toBe(1);
  expect(
    readdirSync(uploads, { recursive: true }).some((name) => String(name).endsWith("Don't look.wav")),
  ).toBe(true);
  // the same film once more: the new copy takes the place of the first
  const again = (await (await upload('again.wav', readFileSync(path))).json()).job;
  await (await ask(`/api/jobs/${again.id}/events`)).text();
  await expect.poll(() => readdirSync(uploads).length, { timeout: 30_000 }).toBe(1);
  expect((await asked(`/api/films/${films[0].id}`)).title).toBe('again.wav');
  expect((await ask(`/api/films/${films[0].id}`, { method: 'DELETE' })).status).toBe(204);
  expect(readdirSync(uploads)).toEqual([]);
}, 120_000);

test('the room of a film that is coming is taken already', async () => {
  let goOn = () => {};
  const held = new Promise<void>((resolve) => {
    goOn = resolve;
  });
  const slow = new ReadableStream({
    async start(controller) {
      controller.enqueue(new Uint8Array(1000));
      await held;
      controller.close();
    },
  });
  const coming = ask('/api/films?name=slow.mp4', {
    method: 'POST',
    body: slow,
    duplex: 'half',
  } as RequestInit);
  await expect.poll(() => readdirSync(uploads), { timeout: 30_000 }).toHaveLength(1);
  // 5 MB for all, of which a film that does not say how large it is may take 3
  expect((await upload('other.mp4', Buffer.alloc(2_900_000))).status).toBe(507);
  goOn();
  expect((await coming).status).toBe(400);
  expect((await upload('other.mp4', Buffer.alloc(2_900_000))).status).toBe(400);
}, 120_000);

test('what is no film, or too much, is refused and leaves nothing behind', async () => {
  const before = readdirSync(uploads).length;
  const text = await upload('notes.mp4', Buffer.from('no film at all'));
  expect([text.status, (await text.json()).error.message]).toEqual([
    400,
    expect.stringMatching(/^notes\.mp4|'notes\.mp4'/),
  ]);
  const large = await upload('large.mp4', Buffer.alloc(3_000_001));
  expect([large.status, (await large.json()).error.code]).toEqual([507, 'no-space']);
  writeFileSync(join(uploads, 'others.bin'), Buffer.alloc(4_900_000));
  expect((await upload('film.mp4', readFileSync(film))).status).toBe(507);
  rmSync(join(uploads, 'others.bin'));
  expect((await ask('/api/films?name=x.mp4', { method: 'POST' })).status).toBe(400);
  expect(readdirSync(uploads)).toHaveLength(before);
});
