import { open } from 'node:fs/promises';

/** Seconds between signs of life. */
const interval = 5;
/** Signs that are waited for before old times of a file are believed: they may be those of a machine's own clock. */
const awaited = 3;

/** Seconds after which a process on another machine that gave no sign of life counts as dead. */
export const longestSilence = 90;

/**
 * Writes into a file the number of a sign of life; the file is never made anew.
 *
 * @returns whether the file is still there.
 */
export async function giveSign(path: string, count: number): Promise<boolean> {
  try {
    const file = await open(path, 'r+');
    try {
      await file.write(String(count), 0);
    } finally {
      await file.close();
    }
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return false;
    throw error;
  }
}

/**
 * Goes on giving signs of life after the first.
 *
 * @param give gives the sign of a number, from 2 on; false when what it is given for is not this process's any more.
 * @param onGone told of that.
 * @returns what ends it, once no sign is under way.
 */
export function goOnGivingSigns(
  give: (count: number) => Promise<boolean>,
  onGone: () => void,
): () => Promise<void> {
  let count = 1;
  let giving = Promise.resolve();
  const timer = setInterval(() => {
    giving = giving
      .then(async () => {
        if (await give(++count)) return;
        clearInterval(timer);
        onGone();
      })
      // what is in the way of a sign may not be in the way of the next
      .catch(() => {});
  }, 1000 * interval);
  timer.unref();
  return () => {
    clearInterval(timer);
    return giving;
  };
}

/** A file of another process, as it is found: of a file system or of a bucket. */
export interface Found {
  readonly path: string;
  /** What is in it. */
  readonly sign: string;
  /** Seconds since it changed, by the times of where it is kept alone. */
  readonly age: number;
}

/**
 * Tells whether processes on other machines live, from the signs in their files. No machine's clock counts: a file that is
 * seen to change is of one that lives; ages come from the file system, whose times are mostly a server's own; where they
 * are those of the machines' clocks, and these differ, the file is watched.
 */
export class Watch {
  private readonly silence: number;
  private readonly seen = new Map<string, { readonly sign: string; readonly since: number }>();

  /** @param silence seconds without a sign after which a process is dead; Infinity: it never is. */
  constructor(silence: number) {
    this.silence = silence;
  }

  /** @returns `in doubt` when it has to be looked at again, a little later. */
  look({ path, sign, age }: Found): 'lives' | 'dead' | 'in doubt' {
    const before = this.seen.get(path);
    if (before?.sign !== sign) this.seen.set(path, { sign, since: performance.now() });
    if (before && before.sign !== sign) return 'lives';
    const watched = before ? (performance.now() - before.since) / 1000 : 0;
    const enough = age >= this.silence ? Math.min(awaited * interval, this.silence) : this.silence;
    if (watched >= enough) return 'dead';
    return Math.abs(age) >= this.silence ? 'in doubt' : 'lives';
  }
}
