import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { setTimeout as passed } from 'node:timers/promises';
import { afterEach, describe, expect, test } from 'vitest';
import { whenHung, workOf } from './patience.ts';

const children: ChildProcess[] = [];
afterEach(() => {
  for (const child of children.splice(0)) child.kill('SIGKILL');
});

/** One of the cores that are ours, as util-linux names it to processes. */
const status = existsSync('/proc/self/status') ? readFileSync('/proc/self/status', 'utf8') : '';
const [, core] = /Cpus_allowed_list:\s*(\d+)/.exec(status) ?? [];
const onOneCore = ['taskset', '-c', `${core}`];
const hasTaskset = core !== undefined && spawnSync('taskset', ['--version']).status === 0;

/** A process of its own that runs this, started by those before, and has said that it begins. */
async function running(program: string, before: readonly string[] = []): Promise<number> {
  const [command, ...rest] = [...before, process.execPath, '-e', `console.log('begins'); ${program}`];
  const child = spawn(command!, rest);
  children.push(child);
  await new Promise((begun) => child.stdout.once('data', begun));
  return child.pid!;
}

const waits = 'setTimeout(() => {}, 1e6)';
const computes = 'for (;;);';

/** Whether it is taken to hang, and after how many milliseconds. */
async function judged(pid: number, milliseconds: number, most: number): Promise<number | 'waited for'> {
  const begun = performance.now();
  let stop = () => {};
  const hung = new Promise<number>((tell) => {
    stop = whenHung(pid, () => tell(performance.now() - begun), milliseconds);
  });
  const verdict = await Promise.race([hung, passed(most, 'waited for' as const)]);
  stop();
  return verdict;
}

test('a process that waits for something that does not come hangs', async () => {
  const pid = await running(waits);
  await passed(500); // until its start is over
  expect(await judged(pid, 200, 20_000)).toBeGreaterThan(200);
});

test('so does one that is gone, or stopped', async () => {
  const pid = await running(waits);
  process.kill(pid, 'SIGSTOP');
  expect(await judged(pid, 200, 20_000)).toBeTypeOf('number');
  process.kill(pid, 'SIGKILL');
  await passed(500);
  expect(await judged(pid, 200, 20_000)).toBeTypeOf('number');
});

test('what has been said is not taken for silence', async () => {
  const pid = await running(waits);
  let hangs = false;
  const said = whenHung(pid, () => (hangs = true), 50);
  said();
  await passed(1500);
  expect(hangs).toBe(false);
});

describe.skipIf(!existsSync('/proc/self/stat'))('where the system tells what processes do', () => {
  test('one that computes has had processor time and wants more; one that waits does not', async () => {
    const [busy, idle] = [await running(computes), await running(waits)];
    await passed(1500);
    const work = workOf(busy)!;
    expect(work.isReady).toBe(true);
    expect(workOf(idle)!.isReady).toBe(false);
    await expect.poll(() => workOf(busy)!.seconds, { timeout: 60_000 }).toBeGreaterThan(work.seconds);
  });

  test('one that computes without end hangs, too, but is looked at twice', async () => {
    const pid = await running(computes);
    // beside other work it may get less than a quarter of a core for a while, and is waited for as long
    const verdict = await judged(pid, 400, 240_000);
    expect(verdict).toBeTypeOf('number');
    expect(verdict).toBeGreaterThan(800);
  });

  test.skipIf(!hasTaskset)('one that others keep from a core is waited for', async () => {
    const pid = await running(computes, ['nice', '-n', '19', ...onOneCore]);
    await running(computes, [...onOneCore]);
    await passed(1000); // the other one is at it by now
    expect(await judged(pid, 400, 8000)).toBe('waited for');
    expect(workOf(pid)!.isReady).toBe(true);
  });
});
