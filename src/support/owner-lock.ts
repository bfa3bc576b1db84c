import { createHash, randomBytes } from 'node:crypto';
import { readdir, rm, stat, writeFile } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { InputError } from './errors.ts';
import { makeFolder } from './folders.ts';
import { isGone, type Owner, ownerText, parseOwner, thisProcess } from './owner.ts';

/** Two that begin at the same moment settle which is first within this time. */
const settlingMilliseconds = 1000;

/** A claim to the thing: a file beside it whose name says when it was made, and by whom; empty until it has prevailed. */
interface Claim {
  readonly file: string;
  readonly owner: Owner;
  readonly prevailed: boolean;
}

/**
 * Keeps a thing (a run's folder, a file that is being fetched) to one process at a time.
 *
 * Each process claims it by a file of its own, and holds it once it has seen, after that, no other claim of a process
 * that lives: of two, at least the later one sees the other's. Claims of dead processes count for nothing, and anyone
 * may remove them, because their names never come again; so a lock is taken over without a moment in which two hold it.
 *
 * @param path the thing; it need not be there.
 * @param what is done with it, for the message to the second: "training in runs/a".
 * @returns what gives it back.
 * @throws InputError naming the process that holds it.
 */
export async function lockForThisProcess(path: string, what: string): Promise<() => Promise<void>> {
  const folder = dirname(path);
  const prefix = `.${shortName(path)}.lock-`;
  makeFolder(folder);
  const deadline = Date.now() + settlingMilliseconds;
  for (;;) {
    const own = `${prefix}${Date.now()}-${randomBytes(6).toString('hex')}-${ownerText(thisProcess())}`;
    await writeFile(join(folder, own), '', { flag: 'wx' });
    const withdraw = () => rm(join(folder, own), { force: true });
    try {
      for (;;) {
        const others = (await claims(folder, prefix)).filter(({ file }) => file !== own);
        const [first] = others.sort((a, b) => (a.file < b.file ? -1 : 1));
        if (!first) {
          await writeFile(join(folder, own), 'held');
          return withdraw;
        }
        const holder = others.find(({ prevailed }) => prevailed);
        if (holder || Date.now() > deadline) throw held(holder ?? first, folder, what);
        // the first in order waits for the others to withdraw; they try again
        if (first.file < own) break;
        await sleep(10);
      }
      await withdraw();
      await sleep(20 + 60 * Math.random());
    } catch (error) {
      await withdraw();
      throw error;
    }
  }
}

/** All claims of processes that may live; those of the dead are removed. */
async function claims(folder: string, prefix: string): Promise<Claim[]> {
  const living: Claim[] = [];
  for (const file of await readdir(folder)) {
    if (!file.startsWith(prefix)) continue;
    const [, text] = /^\d+-[0-9a-f]{12}-(.+)$/.exec(file.slice(prefix.length)) ?? [];
    const owner = parseOwner(text ?? '');
    if (!owner) continue;
    if (isGone(owner)) {
      await rm(join(folder, file), { force: true });
      continue;
    }
    const status = await stat(join(folder, file)).catch(() => undefined);
    if (status) living.push({ file, owner, prevailed: status.size > 0 });
  }
  return living;
}

/** A name that leaves room for the claim, and differs where the whole names do. */
function shortName(path: string): string {
  return Buffer.from(basename(path)).length <= 100
    ? basename(path)
    : createHash('sha256').update(basename(path)).digest('hex').slice(0, 32);
}

function held({ file, owner: { pid, host } }: Claim, folder: string, what: string): InputError {
  return new InputError(
    `process ${pid} on ${host} is ${what} already; if it is not, remove ${join(folder, file)}`,
  );
}
