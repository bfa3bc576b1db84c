import type { ErrorCode } from '../support/errors.ts';

/** Every exit code of the program, in one place; `affectline --help` prints this table. */
export const exitCodes = {
  ok: 0,
  /** An input could not be read or analyzed; others of the same call were. */
  badInput: 1,
  wrongUsage: 2,
  /** A fault of the program itself. */
  internal: 70,
  hungUp: 129,
  interrupted: 130,
  terminated: 143,
} as const;

export const exitCodesHelp = `
Exit codes:
  0    all went well
  1    an input could not be used (all others of the call were)
  2    wrong usage: an unknown option, a value out of range
  70   a fault of affectline itself
  130  interrupted by Ctrl-C (143: terminated, 129: terminal closed); no half-written file is left`;

const ofErrors: Partial<Record<ErrorCode, number>> = {
  'wrong-usage': exitCodes.wrongUsage,
  internal: exitCodes.internal,
};

/** What the program ends with for an error: anything that came from outside is a bad input. */
export function exitCodeOf(code: ErrorCode): number {
  return ofErrors[code] ?? exitCodes.badInput;
}
