import { readdirSync, readFileSync } from 'node:fs';

/** A process that works says something within this long; one that is silent for longer may hang. */
export const patienceMilliseconds = 60_000;

/** What it said meanwhile may wait to be read: where cores are short, they are for us, too. */
const readingMilliseconds = 1000;

/**
 * Calls `hung` when a process has been silent for too long: it waits for something that does not come, or computes without
 * end. One that others keep from a core, so that it gets less than a quarter of one, is waited for.
 *
 * @param milliseconds of silence.
 * @returns what ends the wait: the process has said something.
 */
export function whenHung(
  pid: number,
  hung: () => void,
  milliseconds: number = patienceMilliseconds,
): () => void {
  let before: number | undefined;
  const judge = () => {
    const work = workOf(pid);
    const seconds = work?.seconds ?? 0;
    const isKeptWaiting = work?.isReady && seconds - (before ?? seconds) < milliseconds / 4000;
    if (!isKeptWaiting) return hung();
    before = seconds;
    timer = setTimeout(judge, milliseconds);
  };
  let timer = setTimeout(() => {
    timer = setTimeout(judge, readingMilliseconds);
  }, milliseconds);
  return () => clearTimeout(timer);
}

/** Clock ticks of a second in `/proc`, on every Linux. */
const ticks = 100;

/**
 * Processor seconds that a process has had, and whether one of its threads has or wants a core.
 *
 * @returns undefined where the system does not tell (other than Linux), or the process is gone.
 */
export function workOf(pid: number): { readonly isReady: boolean; readonly seconds: number } | undefined {
  try {
    const fields = (path: string) => {
      const text = readFileSync(path, 'utf8');
      return text.slice(text.lastIndexOf(')') + 2).split(' '); // the name before may hold anything
    };
    const threads = readdirSync(`/proc/${pid}/task`).map((thread) =>
      fields(`/proc/${pid}/task/${thread}/stat`),
    );
    const own = fields(`/proc/${pid}/stat`);
    return {
      isReady: threads.some(([state]) => state === 'R'),
      seconds: (Number(own[11]) + Number(own[12])) / ticks,
    };
  } catch {
    return undefined;
  }
}
