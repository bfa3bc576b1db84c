import { spawnSync } from 'node:child_process';
import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, test } from 'vitest';
import { removeLeftovers, temporaryPath, writeAtomically, writeAtomicallySync } from './files.ts';
import { ownerText, thisProcess } from './owner.ts';

const folder = await mkdtemp(join(tmpdir(), 'affectline-files-'));
afterAll(() => rm(folder, { recursive: true }));

test('a failed write leaves the file as it was, and names it', async () => {
  const path = join(folder, 'kept');
  await writeAtomically(path, 'old');
  async function* broken() {
    yield 'new';
    throw new Error('cut off');
  }
  await expect(writeAtomically(path, broken())).rejects.toThrow('cut off');
  expect(await readFile(path, 'utf8')).toBe('old');
  expect(await readdir(folder)).toEqual(['kept']);
  const nowhere = join(folder, 'missing', 'file');
  await expect(writeAtomically(nowhere, 'x')).rejects.toMatchObject({ code: 'ENOENT', path: nowhere });
});

test('a name of 255 bytes can be written', async () => {
  const path = join(folder, 'n'.repeat(255));
  await writeAtomically(path, 'x');
  expect(await readFile(path, 'utf8')).toBe('x');
  await rm(path);
});

test('many writers of one file leave one of their contents, whole', async () => {
  const path = join(folder, 'shared');
  const contents = Array.from({ length: 20 }, (_, i) => String(i).repeat(10_000));
  await Promise.all(contents.map((content) => writeAtomically(path, content)));
  expect(contents).toContain(await readFile(path, 'utf8'));
});

test('only leftovers of processes that are gone are removed', async () => {
  const dead = Number(spawnSync(process.execPath, ['-p', 'process.pid']).stdout);
  const owner = ownerText(thisProcess());
  const left = (pid: number, text = owner) =>
    `.affectline-0123456789ab-${text.replace(/^\d+/, String(pid))}.tmp`;
  const names = {
    gone: left(dead),
    reused: left(process.pid, owner.replace(/-\d+-/, '-1-')),
    own: temporaryPath(join(folder, 'x')).slice(folder.length + 1),
    elsewhere: left(dead, owner.replace(/[^-]*$/, 'another.host')),
    user: 'thesis.tmp',
    hidden: '.affectline-notes.tmp',
  };
  for (const name of Object.values(names)) await writeFile(join(folder, name), '');
  await removeLeftovers(folder);
  const there = await readdir(folder);
  expect(there).not.toContain(names.gone);
  expect(there).toEqual(expect.arrayContaining([names.own, names.elsewhere, names.user, names.hidden]));
  // without a start time a living process of this number has to be taken for the owner
  if (process.platform === 'linux') expect(there).not.toContain(names.reused);
});

test('a text that is at hand is written whole, into a folder that is made', async () => {
  const path = join(folder, 'new', 'folder', 'file.txt');
  writeAtomicallySync(path, 'first');
  writeAtomicallySync(path, 'second');
  expect(await readFile(path, 'utf8')).toBe('second');
  expect(await readdir(join(folder, 'new', 'folder'))).toEqual(['file.txt']);
  const before = await readdir(folder);
  // a folder is in the way
  expect(() => writeAtomicallySync(join(folder, 'new'), 'text')).toThrow(join(folder, 'new'));
  expect(await readdir(folder)).toEqual(before);
});
