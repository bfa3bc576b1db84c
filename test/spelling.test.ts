import { readdirSync, readFileSync } from 'node:fs';
import { basename, join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';

const root = fileURLToPath(new URL('..', import.meta.url));
const files = ['src', 'test', 'bench', 'docs', 'examples', 'page', 'scripts'].flatMap((folder) =>
  readdirSync(join(root, folder), { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => relative(root, join(entry.parentPath, entry.name))),
);
const texts = [...files, 'README.md', 'CONTRIBUTING.md', 'CHANGELOG.md', 'models/starter/README.md'].filter(
  (file) => /\.(ts|md|mjs|svelte|py|css)$/.test(file) && !file.endsWith('spelling.test.ts'),
);

const british =
  /analys(e|ed|er|ing)\b|colour|centre|normalis|grey|behaviour|neighbour|labelled|favour|optimis|minimis|maximis|penalis|judgement|learnt/i;
/** A function of sharp, an attribute of HTML, titles of papers. */
const names =
  /toColourspace|aria-labelledby|"?colourfulness in natural images|colour emotion and colour preference/;

test('everything is spelled in one way, the American one', () => {
  const found = texts.flatMap((file) =>
    readFileSync(join(root, file), 'utf8')
      .split('\n')
      .flatMap((line, i) =>
        british.test(line.replace(names, '')) ? [`${file}:${i + 1}: ${line.trim()}`] : [],
      ),
  );
  expect(found).toEqual([]);
});

test('names of files are small letters with hyphens, or what their readers ask for', () => {
  const others = files.filter((file) => !/^[a-z0-9]+([-.][a-z0-9]+)*$/.test(basename(file)));
  expect(others.filter((file) => !/\.py$|README\.md$/.test(file))).toEqual([]);
});

test('constants are written as variables are', () => {
  const shouted = texts.flatMap((file) =>
    // the flow kernel is written in another language
    /\.(ts|mjs|svelte)$/.test(file) && !file.includes('assembly')
      ? readFileSync(join(root, file), 'utf8')
          .split('\n')
          .flatMap((line, i) => (/^(export )?const [A-Z][A-Z0-9_]+\b/.test(line) ? [`${file}:${i + 1}`] : []))
      : [],
  );
  expect(shouted).toEqual([]);
});

test('tables are written alike: a space inside the bars, three hyphens under each column', () => {
  const odd = texts
    .filter((file) => file.endsWith('.md'))
    .flatMap((file) => {
      let inCode = false;
      return readFileSync(join(root, file), 'utf8')
        .split('\n')
        .flatMap((line, i) => {
          if (line.startsWith('```')) inCode = !inCode;
          if (inCode || !line.startsWith('|')) return [];
          const rule = /^\|[\s:|-]+\|$/.test(line) && line.includes('-');
          const right = rule
            ? /^(\| :?---:? )+\|$/.test(line)
            : /^\| .* \|$/.test(line) && !/[^|] {2,}\|/.test(line);
          return right ? [] : [`${file}:${i + 1}: ${line.slice(0, 60)}`];
        });
    });
  expect(odd).toEqual([]);
});
