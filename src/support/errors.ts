/**
 * What kind of thing went wrong: stable, for programs to act on. The command line makes an exit code of it.
 *
 * - `bad-input`: a file, a value or an option cannot be used; any that the others do not name.
 * - `not-found`, `exists`: a file that should be there is not, or one that should not be there is.
 * - `unknown-name`: a name that is none of those known; the message lists these.
 * - `unusable-model`: a model whose description or weights cannot be used.
 * - `busy`: another process holds what is needed, or a server cannot be reached: later it may go.
 * - `not-permitted`, `no-space`: the system does not let a file be read or written, or has no room for it.
 * - `wrong-usage`: the call itself makes no sense.
 * - `internal`: a fault of this program.
 */
export type ErrorCode =
  | 'bad-input'
  | 'not-found'
  | 'exists'
  | 'unknown-name'
  | 'unusable-model'
  | 'busy'
  | 'not-permitted'
  | 'no-space'
  | 'wrong-usage'
  | 'internal';

/**
 * Something that came from outside (a file, a weight, an option) cannot be used.
 * The message names the thing, says what is wrong and what would be right; it is shown without a stack trace.
 */
export class InputError extends Error {
  override name = 'InputError';
  readonly code: ErrorCode;

  constructor(message: string, code: ErrorCode = 'bad-input', options?: ErrorOptions) {
    super(message, options);
    this.code = code;
  }
}

/** "unknown preset 'papr'; one of: paper, compact" */
export function unknownName(kind: string, name: string, known: readonly string[]): InputError {
  return new InputError(`unknown ${kind} '${name}'; one of: ${known.join(', ')}`, 'unknown-name');
}

/** `known` has this name: a caller in JavaScript may give any. @throws InputError `unknown-name`, with those that are known. */
export function checkedName<Name extends string>(kind: string, name: unknown, known: readonly Name[]): Name {
  const found = known.find((candidate) => candidate === name);
  if (found === undefined) throw unknownName(kind, String(name), known);
  return found;
}

const systemCodes: Readonly<Record<string, ErrorCode>> = {
  ENOENT: 'not-found',
  EEXIST: 'exists',
  EACCES: 'not-permitted',
  EPERM: 'not-permitted',
  EROFS: 'not-permitted',
  ENOSPC: 'no-space',
  EDQUOT: 'no-space',
  EFBIG: 'no-space',
};

/** The code of anything that can be thrown: our own, that of the system's error, or `internal`. */
export function errorCodeOf(error: unknown): ErrorCode {
  if (!(error instanceof Error)) return 'internal';
  if (error instanceof InputError) return error.code;
  const { code, syscall } = error as NodeJS.ErrnoException;
  if (syscall === undefined) return 'internal';
  return systemCodes[code ?? ''] ?? 'bad-input';
}

const reasons: Readonly<Record<string, string>> = {
  ENOENT: 'no such file or folder',
  EACCES: 'permission denied',
  EPERM: 'not permitted',
  EROFS: 'the file system is read-only',
  ENOSPC: 'no space left on the device',
  EDQUOT: 'the disk quota is used up',
  EFBIG: 'the file would be too large',
  EIO: 'the device cannot be read or written',
  EISDIR: 'is a folder',
  ENOTDIR: 'is not a folder',
  ENAMETOOLONG: 'the name is too long',
  ELOOP: 'a link that leads back to itself',
  EMFILE: 'too many files are open',
};

/** Why the system did not do it, in words. */
export function reasonOf(error: unknown): string {
  const { code, message } = error as NodeJS.ErrnoException;
  return reasons[code ?? ''] ?? message;
}
