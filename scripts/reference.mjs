// npm run reference: writes what every door of the package exports, with its docstring and its declaration, as Markdown into
// dist/reference/. It reads the declarations that `npm run build` makes.
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';

const root = fileURLToPath(new URL('..', import.meta.url));

/**
 * What the doors of the package export: `{ door, name, comment, declaration }`, the comment empty where there is none.
 *
 * @throws Error when the declaration of a name is not found.
 */
export function publicSymbols() {
  const { exports, name } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'));
  return Object.entries(exports)
    .filter(([, path]) => path.endsWith('.js'))
    .flatMap(([door, path]) => {
      const file = join(root, path.replace(/\.js$/, '.d.ts'));
      return exportsOf(file).map(({ original, from, name: as }) => ({
        door: door.replace('.', name),
        name: as,
        ...declarationOf(join(dirname(file), from), original),
      }));
    });
}

/** `export { a, type b as c } from './file.js'` → where each name comes from. */
function exportsOf(file) {
  const text = readFileSync(file, 'utf8');
  return [...text.matchAll(/export (?:type )?\{([^}]*)\} from '([^']+)'/g)].flatMap(([, list, from]) =>
    list
      .split(',')
      .map((part) => part.trim().replace(/^type /, ''))
      .filter(Boolean)
      .map((part) => {
        const [original, name = original] = part.split(' as ');
        return { original, name, from: from.replace(/\.(js|ts)$/, '.d.ts') };
      }),
  );
}

function declarationOf(file, name) {
  const text = readFileSync(file, 'utf8');
  const kinds = '(?:declare |abstract |async )*(?:function\\*?|class|interface|type|const|enum)';
  const found = new RegExp(`^export ${kinds} ${name.replace('$', '\\$')}\\b`, 'm').exec(text);
  if (found) {
    const before = text.slice(0, found.index).trimEnd();
    const start = before.endsWith('*/') ? before.lastIndexOf('/**') : before.length;
    // to where the next declaration, or its comment, begins
    const rest = text.slice(found.index + 1);
    const next = /\n(?=\/\*\*|export |declare |\/\/#)/.exec(rest);
    const declaration = text.slice(found.index, found.index + 1 + (next?.index ?? rest.length)).trim();
    return { comment: plain(before.slice(start)), declaration };
  }
  const passed = exportsOf(file).find((one) => one.name === name);
  if (!passed) throw new Error(`${file}: exports no ${name}`);
  return declarationOf(join(dirname(file), passed.from), passed.original);
}

/** The text of a docstring, without its frame. */
function plain(comment) {
  return comment
    .replace(/^\/\*\*|\*\/$/g, '')
    .split('\n')
    .map((line) => line.replace(/^\s*\* ?/, ''))
    .join('\n')
    .trim();
}

if (import.meta.url === pathToFileURL(process.argv[1]).href) {
  const folder = join(root, 'dist/reference');
  mkdirSync(folder, { recursive: true });
  const doors = grouped(publicSymbols());
  const fileOf = (door) => `${door.replaceAll('/', '-')}.md`;
  for (const [door, symbols] of doors) {
    const parts = symbols.map(
      ({ name, comment, declaration }) => `## ${name}\n\n${comment}\n\n\`\`\`ts\n${declaration}\n\`\`\`\n`,
    );
    writeFileSync(join(folder, fileOf(door)), `# ${door}\n\n${parts.join('\n')}`);
  }
  const rows = [...doors].map(([door, { length }]) => `- [\`${door}\`](${fileOf(door)}): ${length}\n`);
  writeFileSync(join(folder, 'index.md'), `# What the package exports\n\n${rows.join('')}`);
  console.log(join(folder, 'index.md'));
}

function grouped(symbols) {
  const doors = new Map();
  for (const symbol of symbols) doors.set(symbol.door, [...(doors.get(symbol.door) ?? []), symbol]);
  return doors;
}
