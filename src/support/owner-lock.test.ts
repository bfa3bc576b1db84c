import { type ChildProcess, spawn } from 'node:child_process';
import { mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, test } from 'vitest';
import { compiledEntry } from './entry.ts';
import { ownerText, thisProcess } from './owner.ts';
import { lockForThisProcess } from './owner-lock.ts';

const folder = await mkdtemp(join(tmpdir(), 'affectline-lock-'));
afterAll(() => rm(folder, { recursive: true }));

test('the second is told who holds it, and gets it once it is given back', async () => {
  const path = join(folder, 'run');
  const unlock = await lockForThisProcess(path, 'training here');
  await expect(lockForThisProcess(path, 'training here')).rejects.toThrow(
    new RegExp(`^process ${process.pid} on .+ is training here already; if it is not, remove .*run\\.lock-`),
  );
  await (await lockForThisProcess(join(folder, 'another'), 'training here'))();
  await unlock();
  await (await lockForThisProcess(path, 'training here'))();
  expect(await readdir(folder)).toEqual([]);
});

test('a process that is gone, or whose number is another one now, holds nothing; one elsewhere does', async () => {
  const path = join(folder, 'run');
  const claim = (owner: string) => join(folder, `.run.lock-1000-0123456789ab-${owner}`);
  const own = ownerText(thisProcess());
  await writeFile(claim(own.replace(/^\d+/, '999999999')), '');
  if (process.platform === 'linux') await writeFile(claim(own.replace(/-\d+-/, '-1-')), '');
  await (await lockForThisProcess(path, 'busy'))();
  expect(await readdir(folder)).toEqual([]);
  await writeFile(claim('1-1-another.host'), 'held');
  await expect(lockForThisProcess(path, 'busy')).rejects.toThrow('process 1 on another.host is busy already');
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
