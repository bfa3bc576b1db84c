import { readdirSync, readFileSync } from 'node:fs';
import { dirname, join, relative, resolve, sep } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';

const sources = fileURLToPath(new URL('../src', import.meta.url));

/** Module → modules it may import, besides `support`. The table of docs/architecture.md. */
const allowed: Record<string, readonly string[]> = {
  support: [],
  affect: [],
  media: [],
  flow: [],
  graph: [],
  networks: ['graph'],
  weights: ['graph'],
  clips: ['media', 'flow'],
  datasets: ['affect', 'media'],
  training: ['affect', 'clips', 'datasets', 'networks', 'weights', 'graph'],
  evaluation: ['affect', 'datasets'],
  analysis: ['clips', 'networks', 'weights', 'graph'],
  exports: ['analysis'],
};
const everything = Object.keys(allowed);
allowed.cli = everything;

interface Import {
  from: string;
  to: string;
}

function imports(): Import[] {
  const found: Import[] = [];
  for (const entry of readdirSync(sources, { recursive: true, withFileTypes: true })) {
    const file = join(entry.parentPath, entry.name);
    if (!entry.isFile() || !file.endsWith('.ts') || file.includes(`${sep}assembly${sep}`)) continue;
    for (const [, specifier] of readFileSync(file, 'utf8').matchAll(/(?:from|import)\s*\(?\s*'(\.[^']+)'/g)) {
      found.push({
        from: relative(sources, file),
        to: relative(sources, resolve(dirname(file), specifier!)),
      });
    }
  }
  return found;
}

const moduleOf = (path: string) => path.split(sep)[0]!;
const across = imports().filter(({ from, to }) => moduleOf(from) !== moduleOf(to));

test('every import between modules is in the table', () => {
  const wrong = across.filter(({ from, to }) => {
    const target = moduleOf(to);
    return target !== 'support' && !allowed[moduleOf(from)]?.includes(target);
  });
  expect(wrong).toEqual([]);
});

test('a module is entered through its index.ts alone', () => {
  const inside = across.filter(
    ({ to }) => moduleOf(to) !== 'support' && to !== join(moduleOf(to), 'index.ts'),
  );
  expect(inside).toEqual([]);
});
