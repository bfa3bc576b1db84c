import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';

const script = new URL('../scripts/reference.mjs', import.meta.url);
const { publicSymbols } = await import(script.href);

interface PublicSymbol {
  door: string;
  name: string;
  comment: string;
  declaration: string;
}

test('everything that the package exports says what it is', () => {
  const symbols: PublicSymbol[] = publicSymbols();
  expect(symbols.length).toBeGreaterThan(500);
  expect(symbols.filter(({ comment }) => comment === '').map(({ door, name }) => `${door}: ${name}`)).toEqual(
    [],
  );
});

test('the reference is written from it', () => {
  const index = execFileSync(process.execPath, [fileURLToPath(script)], { encoding: 'utf8' }).trim();
  expect(readFileSync(index, 'utf8')).toContain('[`affectline/flow`](affectline-flow.md)');
  const affect = readFileSync(index.replace('index.md', 'affectline-affect.md'), 'utf8');
  expect(affect).toMatch(/## Affect\n\nHow a film makes people feel.*\n\n```ts\nexport interface Affect \{/);
});
