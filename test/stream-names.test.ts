import { readdirSync, readFileSync } from 'node:fs';
import { join, relative, sep } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';
import { standardStreams } from '../src/streams/index.ts';

const root = fileURLToPath(new URL('..', import.meta.url));

/** Files that may name a stream: their own room, tests, and the command that is called as one of them. */
const allowed = (file: string) =>
  file.startsWith(join('src', 'streams') + sep) ||
  file === join('src', 'cli', 'flow.ts') ||
  /\.test\.|fixture|testing/.test(file);

test('no file knows a stream by its name but that of the stream', () => {
  const name = new RegExp(`['"\`](${standardStreams.join('|')})['"\`]`);
  const files = ['src', 'scripts'].flatMap((folder) =>
    readdirSync(join(root, folder), { recursive: true, withFileTypes: true })
      .filter((entry) => entry.isFile() && /\.(ts|mjs)$/.test(entry.name))
      .map((entry) => relative(root, join(entry.parentPath, entry.name))),
  );
  const naming = files.filter(
    (file) =>
      !allowed(file) &&
      readFileSync(join(root, file), 'utf8')
        .split('\n')
        .some((line) => !/^\s*(\*|\/\/|\/\*)/.test(line) && name.test(line.replace(/\s\/\/ .*/, ''))),
  );
  expect(naming).toEqual([]);
});
