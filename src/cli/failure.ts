import { CommanderError } from 'commander';
import { errorCodeOf, InputError, reasonOf } from '../support/errors.ts';
import { printable } from '../support/printable.ts';
import { exitCodeOf, exitCodes } from './exit-codes.ts';

/** The call itself cannot be carried out: a wrong option, or options that contradict each other. */
export class UsageError extends InputError {
  override name = 'UsageError';

  constructor(message: string) {
    super(message, 'wrong-usage');
  }
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
  if (error instanceof InputError || error instanceof Interruption) return error.message;
  const system = error as NodeJS.ErrnoException;
  if (system?.syscall !== undefined) return systemMessage(system);
  const message = error instanceof Error ? error.message : String(error);
  return `${message.startsWith('internal:') ? '' : 'internal: '}${message} (a fault of affectline; AFFECTLINE_DEBUG=1 shows where)`;
}

function systemMessage(error: NodeJS.ErrnoException): string {
  const reason = reasonOf(error);
  return error.path === undefined ? reason : `${error.path}: ${reason}`;
}

/** Tells of an error on stderr, and gives the exit code for it. */
export function report(error: unknown): number {
  if (error instanceof CommanderError) {
    // commander has said what is wrong, or shown its help, already
    if (error.exitCode === 0) return exitCodes.ok;
    return error.code === 'commander.error' ? error.exitCode : exitCodes.wrongUsage;
  }
  process.stderr.write(`affectline: ${printable(messageOf(error))}\n`);
  showStack(error);
  return error instanceof Interruption ? error.exitCode : exitCodeOf(errorCodeOf(error));
}

export function showStack(error: unknown): void {
  if (process.env.AFFECTLINE_DEBUG && error instanceof Error)
    process.stderr.write(`${printable(error.stack ?? '')}\n`);
}
