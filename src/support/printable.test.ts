import fc from 'fast-check';
import { expect, test } from 'vitest';
import { printable, printableName } from './printable.ts';

test('no control character of any text reaches a terminal; all others stay', () => {
  const isControl = (character: string) => /\p{Cc}/u.test(character);
  fc.assert(
    fc.property(fc.string({ unit: 'binary' }), (text) => {
      expect([...printable(text)].filter(isControl).every((character) => '\n\t'.includes(character))).toBe(
        true,
      );
      expect([...printableName(text)].some(isControl)).toBe(false);
    }),
  );
  expect(printable('a\x1b[31mb\n\u009b2J ü 映画\t')).toBe('a\ufffd[31mb\n\ufffd2J ü 映画\t');
  expect(printableName('two\nlines')).toBe('two\ufffdlines');
});
