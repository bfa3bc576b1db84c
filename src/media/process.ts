import type { ChildProcess } from 'node:child_process';

/** Resolves when a process is gone, with how: "exit code 1", "SIGSEGV", or why it could not start. */
export function ended(child: ChildProcess): Promise<string> {
  return new Promise((resolve) => {
    child.once('error', (error) => resolve(error.message));
    child.once('exit', (code, signal) => resolve(signal ?? `exit code ${code}`));
  });
}
