import { readdirSync, readFileSync } from 'node:fs';
import { dirname, join, relative, resolve, sep } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';
import { grouped } from '../src/support/grouped.ts';

const sources = fileURLToPath(new URL('../src', import.meta.url));
const document = readFileSync(new URL('../docs/architecture.md', import.meta.url), 'utf8');

/** Packages that only run in Node. */
const nodePackages = ['node-av', 'onnxruntime-node', 'sharp', '@resvg/resvg-js', 'commander'];

interface Room {
  nodeFree: boolean;
  imports: string[];
}

/** The table of rooms in docs/architecture.md: `| \`room/\` | takes → gives | Node-free | may import |`. */
const rooms = new Map<string, Room>(
  [...document.matchAll(/^\| `([a-z]+)\/`[^|]*\|[^|]*\|([^|]*)\|([^|]*)\|$/gm)].map(
    ([, room, free, list]) => [
      room!,
      {
        nodeFree: free!.trim() === 'yes',
        imports: list!
          .replace('–', '')
          .split(',')
          .flatMap((name) => name.trim() || []),
      },
    ],
  ),
);

interface Import {
  from: string;
  to: string;
}

const files = readdirSync(sources, { recursive: true, withFileTypes: true })
  .filter((entry) => entry.isFile() && entry.name.endsWith('.ts'))
  .map((entry) => relative(sources, join(entry.parentPath, entry.name)))
  .filter((file) => !file.includes(`${sep}assembly${sep}`));

const specifiers = (file: string) =>
  [...readFileSync(join(sources, file), 'utf8').matchAll(/^[^*/]*(?:from|import)\s*\(?\s*'([^']+)'/gm)].map(
    ([, specifier]) => specifier!,
  );
const imports: Import[] = files.flatMap((from) =>
  specifiers(from)
    .filter((specifier) => specifier.startsWith('.'))
    .map((specifier) => ({ from, to: relative(sources, resolve(join(sources, dirname(from)), specifier)) })),
);

/** The package's own door is `index.ts`; it may open every room's. */
const roomOf = (path: string) => path.split(sep)[0]!;
/** Tests, and what only tests use, may enter every room. */
const isTest = (path: string) => /\.test\.|fixture|testing/.test(path);
const isOfNode = (path: string) => path.includes(`${sep}node${sep}`);
const across = imports.filter(({ from, to }) => roomOf(from) !== roomOf(to));

test('every room is in the table', () => {
  expect([...rooms.keys()].sort()).toEqual(
    [...new Set(files.map(roomOf))].filter((room) => room !== 'support' && room !== 'index.ts').sort(),
  );
});

test('the table names exactly the rooms that a room imports', () => {
  for (const [room, { imports: named }] of rooms) {
    const used = across
      .filter(({ from }) => roomOf(from) === room && !isTest(from))
      .map(({ to }) => roomOf(to));
    const expected = [...new Set(used)].filter((name) => name !== 'support').sort();
    expect({ room, imports: [...named].sort() }).toEqual({ room, imports: [...expected].sort() });
  }
});

test('a room is entered through its index.ts, or that of its part for Node', () => {
  const doors = (room: string) => [join(room, 'index.ts'), join(room, 'node', 'index.ts')];
  const inside = across.filter(
    ({ from, to }) => !isTest(from) && roomOf(to) !== 'support' && !doors(roomOf(to)).includes(to),
  );
  expect(inside).toEqual([]);
});

test('rooms marked Node-free use nothing of Node outside their part for Node', () => {
  const free = files.filter((file) => rooms.get(roomOf(file))?.nodeFree && !isTest(file) && !isOfNode(file));
  const wrong = free.flatMap((file) =>
    specifiers(file)
      .filter(
        (specifier) =>
          specifier.startsWith('node:') || nodePackages.includes(specifier) || /\/node\//.test(specifier),
      )
      .map((specifier) => `${file} imports ${specifier}`),
  );
  expect(wrong).toEqual([]);
});

test('no file imports itself by way of others', () => {
  const targets = grouped(imports, ({ from }) => from);
  const done = new Set<string>();
  const circles: string[] = [];
  const visit = (file: string, path: string[]) => {
    if (path.includes(file)) circles.push([...path.slice(path.indexOf(file)), file].join(' → '));
    if (done.has(file) || path.includes(file)) return;
    for (const { to } of targets.get(file) ?? []) visit(to, [...path, file]);
    done.add(file);
  };
  for (const file of files) visit(file, []);
  expect(circles).toEqual([]);
});
