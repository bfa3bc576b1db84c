import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { Random } from '../../src/support/random.ts';
import { type Checkpoint, readCheckpoint } from '../../src/training/checkpoint.ts';

const script = fileURLToPath(new URL('train.mjs', import.meta.url));
const steps = 110;
const kills = 50;

let folder: string;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'affectline-resume-'));
});
afterAll(() => rmSync(folder, { recursive: true }));

function train(name: string): ChildProcess {
  return spawn(process.execPath, [script, join(folder, name), String(steps)], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
}

/** Waits until the child has said this many lines. */
async function lines(child: ChildProcess, count: number): Promise<void> {
  for await (const _ of createInterface(child.stdout!)) if (--count === 0) return;
}

async function finish(name: string): Promise<void> {
  const child = train(name);
  child.stdout!.resume();
  const [code] = await once(child, 'exit');
  expect(code).toBe(0);
}

test(`killed at ${kills} random moments, training ends bit for bit where the uninterrupted one does`, async () => {
  const random = Random.seeded(20);
  const start = performance.now();
  await finish('whole');
  const stepTime = (performance.now() - start) / steps;
  let [unreadable, moved, last] = [0, 0, 0];
  for (let i = 0; i < kills; i++) {
    const child = train('killed');
    // Some while it starts and reads; most within a step or the saving after it, a few steps in.
    if (i % 8 === 0) await sleep(300 * random.uniform());
    else {
      await lines(child, 1 + random.integer(3));
      await sleep(stepTime * random.uniform());
    }
    child.kill('SIGKILL');
    if (child.exitCode === null && child.signalCode === null) await once(child, 'exit');
    const checkpoint: Checkpoint | undefined = await readCheckpoint(join(folder, 'killed')).catch(() => {
      unreadable++;
      return undefined;
    });
    if (checkpoint && checkpoint.optimizer.step > last) moved++;
    last = checkpoint?.optimizer.step ?? last;
  }
  expect(unreadable).toBe(0);
  expect(moved, 'kills that came after some steps').toBeGreaterThan(10);
  expect(last).toBeLessThan(steps);

  await finish('killed');
  expect(await readCheckpoint(join(folder, 'killed'))).toEqual(await readCheckpoint(join(folder, 'whole')));
}, 600_000);
