import { CommanderError } from 'commander';
import { InputError } from '../support/errors.ts';
import { exitCodes } from './exit-codes.ts';

/** The call itself cannot be carried out: a wrong option, or options that contradict each other. */
export class UsageError extends Error {
  override name = 'UsageError';
}

/** A call ended by Ctrl-C or by a signal. */
export class Interruption extends Error {
  override name = 'Interruption';
  readonly exitCode: number;

  constructor(signal: 'SIGINT' | 'SIGTERM' | 'SIGHUP') {
    const [message, exitCode] = {
      SIGINT: ['interrupted', exitCodes.interrupted] as const,
      SIGTERM: ['terminated', exitCodes.terminated] as const,
      SIGHUP: ['the terminal is gone', exitCodes.hungUp] as const,
    }[signal];
    super(message);
    this.exitCode = exitCode;
  }
}

/** What a person is told of an error, in one line; faults of ours say that they are. */
export function messageOf(error: unknown): string {
  if (error instanceof InputError || error instanceof UsageError || error instanceof Interruption) {
    return error.message;
  }
  const system = error as NodeJS.ErrnoException;
  if (system?.syscall !== undefined) return systemMessage(system);
  const message = error instanceof Error ? error.message : String(error);
  return `${message.startsWith('internal:') ? '' : 'internal: '}${message} (a fault of affectline; AFFECTLINE_DEBUG=1 shows where)`;
}

const systemReasons: Record<string, string> = {
  ENOENT: 'no such file or folder',
  EACCES: 'permission denied',
  EPERM: 'not permitted',
  EROFS: 'the file system is read-only',
  ENOSPC: 'no space left on the device',
  EDQUOT: 'the disk quota is used up',
  EIO: 'the device cannot be read or written',
  ENAMETOOLONG: 'the name is too long',
  EISDIR: 'is a folder',
  ENOTDIR: 'is not a folder',
};

function systemMessage({ path, code, message }: NodeJS.ErrnoException): string {
  const reason = systemReasons[code ?? ''] ?? message;
  return path === undefined ? reason : `${path}: ${reason}`;
}

/** Tells of an error on stderr, and gives the exit code for it. */
export function report(error: unknown): number {
  if (error instanceof CommanderError) {
    // commander has said what is wrong, or shown its help, already
    if (error.exitCode === 0) return exitCodes.ok;
    return error.code === 'commander.error' ? error.exitCode : exitCodes.wrongUsage;
  }
  process.stderr.write(`affectline: ${messageOf(error)}\n`);
  showStack(error);
  if (error instanceof UsageError) return exitCodes.wrongUsage;
  if (error instanceof Interruption) return error.exitCode;
  const system = error as NodeJS.ErrnoException;
  return error instanceof InputError || system?.syscall !== undefined
    ? exitCodes.badInput
    : exitCodes.internal;
}

export function showStack(error: unknown): void {
  if (process.env.AFFECTLINE_DEBUG && error instanceof Error) process.stderr.write(`${error.stack}\n`);
}
