import { type ChildProcess, spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import type { Readable, Writable } from 'node:stream';
import type { ChildLimits } from './limits.ts';

const shell = '/bin/sh';

/**
 * glibc raises the size from which an allocation has pages of its own, and goes back to the system when it is freed, to the
 * largest that was freed: what decoders free then stays with them. Given, it stays as it is, at a million bytes here.
 */
const allocation = { MALLOC_MMAP_THRESHOLD_: '1000000' };

/** How the shell says that there is no such program. */
export const commandNotFound = 'exit code 127';

/** A process that decodes or encodes, and cannot outlive this one. */
export interface Child {
  readonly pid: number;
  /** Its pipes by descriptor. */
  readonly pipes: readonly (Readable | Writable | null | undefined)[];
  /** Resolves when the process is gone, with how: "exit code 1", "SIGSEGV", or why it could not start. */
  readonly exit: Promise<string>;
  kill(): void;
  /** Ends it; resolves when it is gone. */
  close(): Promise<void>;
}

export interface ChildOptions {
  /** What each descriptor is, from 0; at most eight of them. */
  descriptors: readonly ('ignore' | 'pipe')[];
  limits: ChildLimits;
  /** Ends the process when it aborts. */
  signal?: AbortSignal | undefined;
}

/**
 * Starts a process under limits of the operating system, out of reach of the terminal's Ctrl-C, and sees to it that
 * it ends with this one, whatever ends this one (where there is a POSIX shell; elsewhere only an orderly exit does).
 *
 * A shell sets the limits, leaves behind a watcher that waits on a line to us, and becomes the program. That line ends
 * when we do: then the watcher kills the program, which may be deep in native code and notice nothing itself. When
 * the program ends first the watcher is told so, because its number may soon be another's.
 */
export function startChild(
  command: string,
  arguments_: readonly string[],
  { descriptors, limits, signal }: ChildOptions,
): Child {
  const guarded = existsSync(shell);
  const child = guarded
    ? spawn(shell, ['-c', guard(descriptors.length, limits), shell, command, ...arguments_], {
        stdio: [...descriptors, 'pipe'],
        env: { ...allocation, ...process.env },
        detached: true,
      })
    : spawn(command, arguments_, { stdio: [...descriptors], windowsHide: true });
  const kill = () => void child.kill('SIGKILL');
  const exit = ended(child).finally(() => {
    signal?.removeEventListener('abort', kill);
    if (guarded) release(child.stdio[descriptors.length] as Writable);
    else process.off('exit', kill);
  });
  if (!guarded) process.on('exit', kill);
  signal?.addEventListener('abort', kill, { once: true });
  if (signal?.aborted) kill();
  return {
    pid: child.pid ?? 0,
    pipes: child.stdio,
    exit,
    kill,
    async close() {
      kill();
      await exit;
    },
  };
}

/** The shell's program: `line` is the descriptor of the line to us. */
function guard(line: number, { megabytes, processorSeconds }: ChildLimits): string {
  const others = Array.from({ length: line }, (_, descriptor) => `${descriptor}>&-`).join(' ');
  return [
    `ulimit -d ${megabytes * 1000} 2>/dev/null`,
    `ulimit -t ${Math.ceil(processorSeconds)} 2>/dev/null`,
    `(exec ${others}; read -r _ <&${line} || kill -KILL $$) &`,
    `exec "$@" ${line}>&-`,
  ].join('\n');
}

/** Tells the watcher that there is nothing left to kill. */
function release(line: Writable): void {
  line.on('error', () => {}); // the watcher may be gone as well
  line.end('\n');
}

function ended(child: ChildProcess): Promise<string> {
  return new Promise((resolve) => {
    child.once('error', (error) => resolve(error.message));
    child.once('exit', (code, signal) => resolve(signal ?? `exit code ${code}`));
  });
}
