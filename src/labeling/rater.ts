import { InputError } from '../support/errors.ts';

/** What columns of curves are called beside those of raters. */
const taken = ['low', 'high'];

/**
 * A rater's name as it is kept: in small letters, for tables tell their columns apart without regard to case.
 *
 * @throws InputError unless it has 1 to 60 letters, digits, spaces, points, hyphens and underscores, a letter or digit first.
 */
export function raterName(text: string): string {
  const name = text.normalize('NFC').trim().toLowerCase();
  if (!/^[\p{L}\p{N}][\p{L}\p{N}\p{M} ._-]{0,59}$/u.test(name) || taken.includes(name))
    throw new InputError(
      `rater '${text.slice(0, 80)}': a name of 1 to 60 letters, digits, spaces, points and hyphens expected, and neither ${taken.join(' nor ')}`,
    );
  return name;
}
