import { randomBytes } from 'node:crypto';
import { readdirSync, readFileSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';

const processName = 'AFFECTLINE_MARK';

/** An entry for a process's environment, which all that it starts inherits: by it they are found again (Linux). */
export function mark(): { environment: NodeJS.ProcessEnv; mark: string } {
  const value = randomBytes(8).toString('hex');
  return { environment: { ...process.env, [processName]: value }, mark: `${processName}=${value}` };
}

/** The processes that carry the mark; those that have ended and are only remembered by their parent carry none. */
export function marked(mark: string): number[] {
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .filter((pid) => {
      try {
        return readFileSync(`/proc/${pid}/environ`, 'latin1').includes(mark);
      } catch {
        return false;
      }
    })
    .map(Number);
}

/** Waits until none carries the mark. @returns how long it took, in milliseconds, and who is left. */
export async function allGone(
  mark: string,
  patience = 10_000,
): Promise<{ milliseconds: number; left: number[] }> {
  const start = performance.now();
  for (;;) {
    const left = marked(mark);
    const milliseconds = performance.now() - start;
    if (left.length === 0 || milliseconds > patience) return { milliseconds, left };
    await sleep(5);
  }
}
