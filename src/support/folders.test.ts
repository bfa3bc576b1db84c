import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, test } from 'vitest';
import { checkWritable, makeFolder } from './folders.ts';

const folder = mkdtempSync(join(tmpdir(), 'affectline-folders-'));
afterAll(() => rmSync(folder, { recursive: true }));

test('a folder is made with those above it, and again without harm', () => {
  makeFolder(join(folder, 'a/b/c'));
  makeFolder(join(folder, 'a/b/c'));
  expect(existsSync(join(folder, 'a/b/c'))).toBe(true);
});

test('what cannot be a folder is named, and nothing goes round in circles', () => {
  writeFileSync(join(folder, 'file'), '');
  expect(() => makeFolder(join(folder, 'file'))).toThrow(/file: is not a folder/);
  expect(() => makeFolder(join(folder, 'file/inner'))).toThrow(/file\/inner: is not a folder/);
  expect(() => checkWritable(join(folder, 'file/inner/deeper'))).toThrow(/file: is not a folder/);
  expect(() => makeFolder(join(folder, 'x'.repeat(300)))).toThrow(/the name is too long/);
  checkWritable(join(folder, 'not/there/yet'));
});

test.skipIf(!existsSync('/proc/self'))('nor below /proc, where nothing can be made', () => {
  expect(() => makeFolder('/proc/affectline/results')).toThrow(/\/proc\/affectline: /);
});
