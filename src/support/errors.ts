/**
 * Something that came from outside (a file, a weight, an option) cannot be used.
 * The message names the thing, says what is wrong and what would be right; it is shown without a stack trace.
 */
export class InputError extends Error {
  override name = 'InputError';
}

/** "unknown preset 'papr'; one of: paper, compact" */
export function unknownName(kind: string, name: string, known: readonly string[]): InputError {
  return new InputError(`unknown ${kind} '${name}'; one of: ${known.join(', ')}`);
}
