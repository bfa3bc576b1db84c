import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, test } from 'vitest';
import { InputError } from '../support/errors.ts';
import { openMedia } from './open.ts';

const folder = mkdtempSync(join(tmpdir(), 'affectline-longest-'));
afterAll(() => rmSync(folder, { recursive: true }));

/** A WAV file of 16-bit silence. */
function wav(name: string, rate: number, samples: number): string {
  const head = Buffer.alloc(44);
  head.write('RIFF', 0);
  head.writeUInt32LE(36 + 2 * samples, 4);
  head.write('WAVEfmt ', 8);
  head.writeUInt32LE(16, 16);
  head.writeUInt16LE(1, 20);
  head.writeUInt16LE(1, 22);
  head.writeUInt32LE(rate, 24);
  head.writeUInt32LE(2 * rate, 28);
  head.writeUInt16LE(2, 32);
  head.writeUInt16LE(16, 34);
  head.write('data', 36);
  head.writeUInt32LE(2 * samples, 40);
  const path = join(folder, name);
  writeFileSync(path, Buffer.concat([head, Buffer.alloc(2 * samples)]));
  return path;
}

async function readAll(path: string, maximumDuration?: number): Promise<number> {
  const media = await openMedia(path, {
    decoder: 'node-av',
    ...(maximumDuration !== undefined && { maximumDuration }),
  });
  for await (const _ of media);
  return media.summary().samples;
}

test('a film longer than it may be is refused, one as long as it may be is not', async () => {
  const path = wav('three.wav', 8000, 24_000);
  await expect(readAll(path, 2.9)).rejects.toThrow(
    /three\.wav.*longer, 3 s than the 2\.9 s that a film may be/,
  );
  expect(await readAll(path, 3)).toBe(66_150);
  await expect(readAll(path, 0)).rejects.toThrow('maximumDuration is 0');
  await expect(readAll(path, 200_000)).rejects.toThrow('at most 172800');
});

test('sound of less than a thousand samples a second is refused, for it would unfold to days', async () => {
  for (const rate of [1, 100, 999]) {
    const refusal = await readAll(wav('slow.wav', rate, 5000)).catch((error: Error) => error);
    expect(refusal).toBeInstanceOf(InputError);
    expect(String(refusal)).toContain(`its sound has ${rate} samples a second; at least 1000 are expected`);
  }
  expect(await readAll(wav('slow.wav', 1000, 5000))).toBeGreaterThan(109_000);
});
