import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, test } from 'vitest';
import { InputError } from '../support/errors.ts';
import { Random } from '../support/random.ts';
import { readCheckpoint, writeCheckpoint } from './checkpoint.ts';

const folder = await mkdtemp(join(tmpdir(), 'affectline-checkpoint-'));
afterAll(() => rm(folder, { recursive: true }));

const tensor = (...data: number[]) => ({ shape: [data.length], data: Float32Array.from(data) });
const checkpoint = (step: number) => ({
  parameters: new Map([['regression.bias', tensor(step, 0.1)]]),
  optimizer: { step, tensors: new Map([['first.regression.bias', tensor(0.5, -step)]]) },
  progress: { epoch: 2, records: [{ epoch: 1 }] },
  origin: { configuration: { epochs: 3 }, clips: 'c'.repeat(64) },
});

test('a checkpoint is read as it was written, and the one before it is gone', async () => {
  expect(await readCheckpoint(folder)).toBeUndefined();
  await writeCheckpoint(folder, checkpoint(1));
  await writeCheckpoint(folder, checkpoint(2));
  expect(await readCheckpoint(folder)).toEqual(checkpoint(2));
  expect(await readdir(folder)).toHaveLength(3);
});

test('files of a save that was cut short do not matter, and go with the next one', async () => {
  await writeFile(join(folder, 'parameters.ffffffffffff.safetensors'), 'half');
  expect(await readCheckpoint(folder)).toEqual(checkpoint(2));
  await writeCheckpoint(folder, checkpoint(3));
  expect(await readdir(folder)).toHaveLength(3);
});

test('a checkpoint with one changed bit is refused, whatever file and place it is in', async () => {
  await writeCheckpoint(folder, checkpoint(4));
  const random = Random.seeded(4);
  for (const name of await readdir(folder)) {
    const whole = await readFile(join(folder, name));
    for (let flip = 0; flip < 40; flip++) {
      const bytes = Buffer.from(whole);
      const at = random.integer(bytes.length);
      bytes[at] = bytes[at]! ^ (1 << random.integer(8));
      await writeFile(join(folder, name), bytes);
      // a flip may leave the meaning as it was: "e" for "E" in a number, or space in a header
      const read = await readCheckpoint(folder).catch((error) => error);
      if (read instanceof Error) expect(read).toBeInstanceOf(InputError);
      else expect(read).toEqual(checkpoint(4));
    }
    await writeFile(join(folder, name), whole);
  }
  expect(await readCheckpoint(folder)).toEqual(checkpoint(4));
});

test.each(['', '{}', '{"parameters":"../../etc/passwd","optimizer":"o","optimizerStep":1}'])(
  'a damaged checkpoint is an error: %s',
  async (text) => {
    await writeFile(join(folder, 'checkpoint.json'), text);
    await expect(readCheckpoint(folder)).rejects.toThrow(
      /checkpoint\.json is not a checkpoint, or is damaged/,
    );
  },
);
