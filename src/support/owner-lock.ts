import { createHash, randomBytes } from 'node:crypto';
import { open, readdir, rm, stat, writeFile } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { clock } from './clock.ts';
import { InputError } from './errors.ts';
import { makeFolder } from './folders.ts';
import { isElsewhere, isGone, type Owner, ownerText, parseOwner, thisProcess } from './owner.ts';
import { giveSign, goOnGivingSigns, longestSilence, Watch } from './signs-of-life.ts';

/** Two that begin at the same moment settle which is first within this time. */
const settlingMilliseconds = 1000;
/** Between looks at what another process holds. */
const lookingMilliseconds = 1000;

/** What a process holds. */
export interface OwnerLock {
  /**
   * Ends work on the thing: aborts when the signal that was given does; and when another machine has taken it over, having
   * had no sign of life for long, or somebody has removed its file.
   */
  readonly signal: AbortSignal;
  /** Gives it back. */
  release(): Promise<void>;
}

/** How a lock is come by. */
export interface LockOptions {
  readonly signal?: AbortSignal | undefined;
  /**
   * Seconds after which a process on another machine that gave no sign of life counts as dead; 90 unless told. Infinity
   * where to be mistaken would do harm: then a person has to remove its file.
   */
  readonly silence?: number;
  /** It is waited for, and this told who holds it, again and again; without it a second process is refused. */
  readonly onHeld?: ((holder: string) => void | Promise<void>) | undefined;
}

/** A claim to the thing: a file beside it whose name says when it was made, and by whom; empty until it has prevailed. */
interface Claim {
  readonly path: string;
  readonly owner: Owner;
  readonly prevailed: boolean;
  /** It may be that of a dead process on another machine. */
  readonly inDoubt: boolean;
  /** Seconds since its last sign of life. */
  readonly age: number;
}

/** Where the claims to a thing are, and whose are dead. */
interface Place {
  readonly folder: string;
  readonly prefix: string;
  readonly watch: Watch;
}

/**
 * Keeps a thing (a run's folder, a file that is being fetched) to one process at a time.
 *
 * Each process claims it by a file of its own, and holds it once it has seen, after that, no other claim of a process
 * that lives: of two, at least the later one sees the other's. Claims of dead processes count for nothing, and anyone
 * may remove them, because their names never come again; so a lock is taken over without a moment in which two hold it.
 * A process of this machine is dead when it has ended, one of another machine when it gives no sign of life.
 *
 * @param path the thing; it need not be there.
 * @param what is done with it, for the message to the second: "training in runs/a".
 * @throws InputError `busy`, naming the process that holds it, unless it is waited for.
 */
export async function lockForThisProcess(
  path: string,
  what: string,
  { signal, silence = longestSilence, onHeld }: LockOptions = {},
): Promise<OwnerLock> {
  const place = {
    folder: dirname(path),
    prefix: `.${shortName(path)}.lock-`,
    watch: new Watch(silence),
  };
  makeFolder(place.folder);
  let deadline = Date.now() + settlingMilliseconds;
  for (;;) {
    const { own, other } = await claim(place, deadline);
    if (!other) return held(own, what, signal);
    if (!other.inDoubt && !other.prevailed && Date.now() <= deadline) {
      await pause(20 + 60 * Math.random(), signal);
      continue;
    }
    if (onHeld) await onHeld(`process ${other.owner.pid} on ${other.owner.host}`);
    else if (!other.inDoubt) throw refused(other, what);
    await pause(lookingMilliseconds, signal);
    deadline = Date.now() + settlingMilliseconds;
  }
}

async function pause(milliseconds: number, signal: AbortSignal | undefined): Promise<void> {
  await sleep(milliseconds, undefined, signal && { signal }).catch(() => signal?.throwIfAborted());
}

/** Claims the thing, and withdraws where another claim goes before. */
async function claim(place: Place, deadline: number): Promise<{ own: string; other: Claim | undefined }> {
  const name = `${Date.now()}-${randomBytes(6).toString('hex')}-${ownerText(thisProcess())}`;
  const own = join(place.folder, `${place.prefix}${name}`);
  await writeFile(own, '', { flag: 'wx' });
  try {
    const other = await settled(place, own, deadline);
    if (other) await rm(own, { force: true });
    else await giveSign(own, 1);
    return { own, other };
  } catch (error) {
    await rm(own, { force: true });
    throw error;
  }
}

/** The claim that goes before our own; none when there is no other. */
async function settled(place: Place, own: string, deadline: number): Promise<Claim | undefined> {
  const { mtimeMs: now } = await stat(own);
  for (;;) {
    const others = (await claims(place, now)).filter(({ path }) => path !== own);
    const [first] = others.sort((a, b) => (a.path < b.path ? -1 : 1));
    if (!first) return undefined;
    const holder = others.find(({ prevailed, inDoubt }) => prevailed && !inDoubt);
    const doubtful = others.find(({ inDoubt }) => inDoubt);
    if (holder || doubtful) return holder ?? doubtful;
    // the first in order waits for the others to withdraw; they try again
    if (first.path < own || Date.now() > deadline) return first;
    await sleep(10);
  }
}

/**
 * All claims of processes that may live; those of the dead are removed.
 *
 * @param now the present, in milliseconds of the folder's file system.
 */
async function claims({ folder, prefix, watch }: Place, now: number): Promise<Claim[]> {
  const living: Claim[] = [];
  for (const file of await readdir(folder)) {
    if (!file.startsWith(prefix)) continue;
    const [, text] = /^\d+-[0-9a-f]{12}-(.+)$/.exec(file.slice(prefix.length)) ?? [];
    const owner = parseOwner(text ?? '');
    if (!owner) continue;
    const path = join(folder, file);
    const found = await contentOf(path);
    if (!found) continue;
    const { sign, changed } = found;
    const age = (now - changed) / 1000;
    const life = isElsewhere(owner) ? watch.look({ path, sign, age }) : isGone(owner) ? 'dead' : 'lives';
    if (life === 'dead') await rm(path, { force: true });
    else living.push({ path, owner, prevailed: sign !== '', inDoubt: life === 'in doubt', age });
  }
  return living;
}

/** What a file holds and when it was changed; of a shared folder's, what is there now, which only opening it tells. */
async function contentOf(path: string): Promise<{ sign: string; changed: number } | undefined> {
  const file = await open(path).catch((error: NodeJS.ErrnoException) => {
    // withdrawn, or removed, meanwhile
    if (error.code === 'ENOENT') return undefined;
    throw error;
  });
  try {
    return file && { sign: await file.readFile('utf8'), changed: (await file.stat()).mtimeMs };
  } finally {
    await file?.close();
  }
}

function held(own: string, what: string, given: AbortSignal | undefined): OwnerLock {
  const lost = new AbortController();
  const endSigns = goOnGivingSigns(
    (count) => giveSign(own, count),
    () => lost.abort(takenOver(what)),
  );
  return {
    signal: given ? AbortSignal.any([lost.signal, given]) : lost.signal,
    async release() {
      await endSigns();
      await rm(own, { force: true });
    },
  };
}

/** Why work ends whose lock another process has. */
export function takenOver(what: string): InputError {
  return new InputError(`another process has taken over ${what}; this one had not been heard of`, 'busy');
}

/** A name that leaves room for the claim, and differs where the whole names do. */
function shortName(path: string): string {
  return Buffer.from(basename(path)).length <= 100
    ? basename(path)
    : createHash('sha256').update(basename(path)).digest('hex').slice(0, 32);
}

function refused({ path, owner, age }: Claim, what: string): InputError {
  const { pid, host } = owner;
  const silent = isElsewhere(owner) && age >= longestSilence;
  const last = silent ? `, but has given no sign of life for ${clock(age)}` : '';
  return new InputError(
    `process ${pid} on ${host} is ${what} already${last}; if it is not, remove ${path}`,
    'busy',
  );
}
