import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import type { Readable } from 'node:stream';
import { setTimeout as sleep } from 'node:timers/promises';
import { describe, expect, test } from 'vitest';
import { compiledEntry } from '../support/entry.ts';
import { startChild } from './process.ts';

const limits = { megabytes: 800, processorSeconds: 60 };
const descriptors = ['ignore', 'pipe'] as const;

/** Whether a child, its watcher, or anything that they started is left. */
function isLeft(pid: number): boolean {
  try {
    return process.kill(-pid, 0);
  } catch {
    return false;
  }
}

async function goneSoon(pid: number): Promise<boolean> {
  for (let tries = 0; tries < 3000 && isLeft(pid); tries++) await sleep(20);
  return !isLeft(pid);
}

describe.skipIf(!existsSync('/bin/sh'))('a child process (needs /bin/sh)', () => {
  test('gets its arguments as they are, and says how it ended; nothing of it is left then', async () => {
    const odd = ['$(touch x)', "it's", '', '-c "*"'];
    const child = startChild('printf', ['%s\\n', ...odd], { descriptors, limits });
    let said = '';
    for await (const part of (child.pipes[1] as Readable).setEncoding('utf8')) said += part;
    expect(said).toBe(`${odd.join('\n')}\n`);
    expect(await child.exit).toBe('exit code 0');
    expect(await goneSoon(child.pid)).toBe(true);
    const failing = startChild('sh', ['-c', 'exit 3'], { descriptors, limits });
    expect(await failing.exit).toBe('exit code 3');
    expect(await startChild('no-such-program', [], { descriptors, limits }).exit).toBe('exit code 127');
  });

  test('ends when it is closed, and when its signal aborts, also before it has begun', async () => {
    const closed = startChild('sleep', ['60'], { descriptors, limits });
    await closed.close();
    const controller = new AbortController();
    const aborted = startChild('sleep', ['60'], { descriptors, limits, signal: controller.signal });
    controller.abort();
    expect(await aborted.exit).toBe('SIGKILL');
    const late = startChild('sleep', ['60'], { descriptors, limits, signal: controller.signal });
    expect(await late.exit).toBe('SIGKILL');
    for (const { pid } of [closed, aborted, late]) expect(await goneSoon(pid)).toBe(true);
  });

  test.each([0, 5, 30, 200])(
    'a busy one ends with its parent, which is killed after %i ms',
    async (milliseconds) => {
      const program = `
        import { startChild } from ${JSON.stringify(compiledEntry(import.meta.url, 'process'))};
        const options = { descriptors: ['ignore', 'ignore'], limits: ${JSON.stringify(limits)} };
        const child = startChild('sh', ['-c', 'while :; do :; done'], options);
        process.stdout.write(String(child.pid), () =>
          setTimeout(() => process.kill(process.pid, 'SIGKILL'), ${milliseconds}));`;
      const { stdout } = spawnSync(process.execPath, ['--input-type=module', '-e', program], {
        encoding: 'utf8',
      });
      expect(Number(stdout)).toBeGreaterThan(0);
      expect(await goneSoon(Number(stdout))).toBe(true);
    },
  );

  test('gets no more memory, and no more processor time, than its limits say', async () => {
    const greedy =
      'a = []\ntry:\n  while True: a.append(bytearray(10**7))\nexcept MemoryError: print(len(a))';
    if (spawnSync('python3', ['--version']).status === 0) {
      const child = startChild('python3', ['-c', greedy], {
        descriptors,
        limits: { ...limits, megabytes: 200 },
      });
      let said = '';
      for await (const part of (child.pipes[1] as Readable).setEncoding('utf8')) said += part;
      expect(Number(said)).toBeGreaterThan(10);
      expect(Number(said)).toBeLessThan(21);
    }
    const busy = startChild('sh', ['-c', 'while :; do :; done'], {
      descriptors,
      limits: { ...limits, processorSeconds: 1 },
    });
    expect(await busy.exit).toBe('SIGKILL');
  });
});
