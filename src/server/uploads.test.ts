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
  const added = films.find(({ title }: { title: string }) => title.endsWith('a _film_ _1_.wav'));
  expect(added.duration).toBeCloseTo(2, 1);
  expect((await ask(`/api/films/${added.id}`, { method: 'DELETE' })).status).toBe(204);
  expect((await ask(`/api/films/${added.id}`)).status).toBe(404);
  // and with it the copy that was brought
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
