import { type ChildProcess, spawn } from 'node:child_process';
import { mkdtemp, readdir, readFile, rm, utimes, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { basename, dirname, join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, describe, expect, test } from 'vitest';
import { compiledEntry } from './entry.ts';
import { ownerText, thisProcess } from './owner.ts';
import { lockForThisProcess } from './owner-lock.ts';

const folder = await mkdtemp(join(tmpdir(), 'affectline-lock-'));
afterAll(() => rm(folder, { recursive: true }));

test('the second is told who holds it, and gets it once it is given back', async () => {
  const path = join(folder, 'run');
  const lock = await lockForThisProcess(path, 'training here');
  await expect(lockForThisProcess(path, 'training here')).rejects.toThrow(
    new RegExp(`^process ${process.pid} on .+ is training here already; if it is not, remove .*run\\.lock-`),
  );
  await (await lockForThisProcess(join(folder, 'another'), 'training here')).release();
  await lock.release();
  await (await lockForThisProcess(path, 'training here')).release();
  expect(await readdir(folder)).toEqual([]);
});

test('a process that is gone, or whose number is another one now, holds nothing; one elsewhere does', async () => {
  const path = join(folder, 'run');
  const claim = (owner: string) => join(folder, `.run.lock-1000-0123456789ab-${owner}`);
  const own = ownerText(thisProcess());
  await writeFile(claim(own.replace(/^\d+/, '999999999')), '');
  if (process.platform === 'linux') await writeFile(claim(own.replace(/-\d+-/, '-1-')), '');
  await (await lockForThisProcess(path, 'busy')).release();
  expect(await readdir(folder)).toEqual([]);
  await writeFile(claim('1-1-another.host'), 'held');
  await expect(lockForThisProcess(path, 'busy')).rejects.toThrow('process 1 on another.host is busy already');
  await rm(claim('1-1-another.host'));
});

describe('what a process on another machine holds', () => {
  const hour = 3600;
  const claimOn = (path: string) =>
    `${dirname(path)}/.${basename(path)}.lock-1000-0123456789ab-1-1-another.host`;
  /** As a machine leaves it whose clock, which its file system takes times from, differs by so many seconds. */
  const sign = async (claim: string, count: number, clock: number) => {
    await writeFile(claim, String(count));
    const time = Date.now() / 1000 + clock;
    await utimes(claim, time, time);
  };
  const seconds = async (work: Promise<unknown>) => {
    const start = performance.now();
    await work;
    return (performance.now() - start) / 1000;
  };

  test('is free when it has given no sign of life for long, and not before', async () => {
    const path = join(folder, 'silent');
    const taking = async () => await (await lockForThisProcess(path, 'busy', { silence: 4 })).release();
    await sign(claimOn(path), 7, -1);
    await expect(taking()).rejects.toThrow('process 1 on another.host is busy already; if');
    await sign(claimOn(path), 7, -5);
    expect(await seconds(taking())).toBeGreaterThan(3.9);
    expect((await readdir(folder)).filter((name) => name.startsWith('.silent'))).toEqual([]);
  });

  test('is not free while it gives signs, however slow its clock is', async () => {
    const path = join(folder, 'slow');
    let count = 1;
    await sign(claimOn(path), count, -hour);
    const giving = setInterval(() => void sign(claimOn(path), ++count, -hour), 1000);
    try {
      const taking = lockForThisProcess(path, 'busy', { silence: 5 });
      await expect(taking).rejects.toMatchObject({
        message: expect.stringContaining('process 1 on another.host is busy already'),
        code: 'busy',
      });
    } finally {
      clearInterval(giving);
    }
  });

  test('is free in time, however fast its clock was', async () => {
    const path = join(folder, 'fast');
    await sign(claimOn(path), 1, hour);
    const taking = lockForThisProcess(path, 'busy', { silence: 2 });
    expect(await seconds(taking)).toBeLessThan(6);
    await (await taking).release();
    await sign(claimOn(path), 1, 1);
    const told: string[] = [];
    const waiting = lockForThisProcess(path, 'busy', {
      silence: 3,
      onHeld: (holder) => void told.push(holder),
    });
    expect(await seconds(waiting)).toBeGreaterThan(2.9);
    await (await waiting).release();
    expect(new Set(told)).toEqual(new Set(['process 1 on another.host']));
  });

  test('stays its own for good where to be mistaken would do harm', async () => {
    const path = join(folder, 'strict');
    await sign(claimOn(path), 1, -2 * hour - 30);
    await expect(lockForThisProcess(path, 'busy', { silence: Number.POSITIVE_INFINITY })).rejects.toThrow(
      /^process 1 on another.host is busy already, but has given no sign of life for 2:00:[23]\d; if it is not, remove/,
    );
  });

  test('is waited for until it is killed', async () => {
    const path = join(folder, 'killed');
    const program = `
      import os from 'node:os';
      import { syncBuiltinESMExports } from 'node:module';
      os.hostname = () => 'elsewhere';
      syncBuiltinESMExports();
      const { lockForThisProcess } = await import(${JSON.stringify(compiledEntry(import.meta.url, 'owner-lock'))});
      await lockForThisProcess(${JSON.stringify(path)}, 'busy');
      process.stdout.write('held');
      setInterval(() => {}, 1000);`;
    const holder = spawn(process.execPath, ['--input-type=module', '-e', program], {
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    try {
      await new Promise((resolve) => holder.stdout.once('data', resolve));
      await expect(lockForThisProcess(path, 'busy', { silence: 8 })).rejects.toThrow(
        `${holder.pid} on elsewhere`,
      );
      let taken = false;
      const waiting = lockForThisProcess(path, 'busy', { silence: 8, onHeld: () => {} }).then((lock) => {
        taken = true;
        return lock;
      });
      await sleep(12_000);
      expect(taken).toBe(false);
      holder.kill('SIGKILL');
      expect(await seconds(waiting)).toBeLessThan(12);
      await (await waiting).release();
    } finally {
      holder.kill('SIGKILL');
    }
  });
});

test('who holds it gives signs of life, and is told when it is not the holder any more', async () => {
  const path = join(folder, 'signs');
  const lock = await lockForThisProcess(path, 'busy');
  const claim = join(folder, (await readdir(folder)).find((name) => name.startsWith('.signs.lock-'))!);
  const first = Number(await readFile(claim, 'utf8'));
  await sleep(6000);
  expect(Number(await readFile(claim, 'utf8'))).toBe(first + 1);
  expect(lock.signal.aborted).toBe(false);
  await rm(claim);
  await sleep(6000);
  expect(lock.signal.reason).toMatchObject({
    message: expect.stringContaining('another process has taken over busy'),
  });
  await lock.release();
});

test('who waits can be stopped, with the reason', async () => {
  const path = join(folder, 'stopped');
  const lock = await lockForThisProcess(path, 'busy');
  const stop = new AbortController();
  const waiting = lockForThisProcess(path, 'busy', {
    signal: stop.signal,
    onHeld: () => stop.abort(new Error('enough')),
  });
  await expect(waiting).rejects.toThrow('enough');
  await lock.release();
});

test('of processes that start at once over a dead one, one gets it', async () => {
  const path = join(folder, 'raced');
  const program = `
    import { lockForThisProcess } from ${JSON.stringify(compiledEntry(import.meta.url, 'owner-lock'))};
    process.stdout.write('ready');
    process.stdin.once('data', async () => {
      await lockForThisProcess(${JSON.stringify(path)}, 'racing').then(
        () => process.stdout.write(' held'),
        (error) => process.stdout.write(' ' + error.message));
    });`;
  const racers = Array.from({ length: 4 }, () =>
    spawn(process.execPath, ['--input-type=module', '-e', program], { stdio: ['pipe', 'pipe', 'inherit'] }),
  );
  const said = (racer: ChildProcess) =>
    new Promise<string>((resolve) => racer.stdout!.once('data', (text) => resolve(String(text))));
  try {
    await Promise.all(racers.map(said));
    await writeFile(
      join(folder, `.raced.lock-1000-0123456789ab-999999999-1-${ownerText(thisProcess()).split('-')[2]}`),
      '',
    );
    const answers = racers.map(said);
    for (const racer of racers) racer.stdin.write('go\n');
    const results = await Promise.all(answers);
    expect(results.filter((result) => result === ' held')).toHaveLength(1);
    const holder = racers[results.indexOf(' held')]!.pid;
    for (const result of results) if (result !== ' held') expect(result).toContain(`process ${holder} on`);
  } finally {
    for (const racer of racers) racer.kill('SIGKILL');
  }
});
