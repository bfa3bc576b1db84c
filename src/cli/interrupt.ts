import { Interruption } from './failure.ts';

/**
 * A signal that aborts with an `Interruption` at the first Ctrl-C (or SIGTERM, or SIGHUP), so that work can be put down cleanly;
 * the second one ends the program at once.
 */
export function interruptSignal(): AbortSignal {
  const controller = new AbortController();
  for (const name of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) {
    process.on(name, () => {
      const interruption = new Interruption(name);
      if (controller.signal.aborted) process.exit(interruption.exitCode);
      controller.abort(interruption);
    });
  }
  return controller.signal;
}
