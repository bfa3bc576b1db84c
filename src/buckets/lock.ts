import { createHash, randomBytes } from 'node:crypto';
import { readFileSync, readlinkSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { InputError } from '../support/errors.ts';
import { isElsewhere, isGone, type Owner, ownerText, parseOwner, thisProcess } from '../support/owner.ts';
import { type LockOptions, type OwnerLock, takenOver } from '../support/owner-lock.ts';
import { goOnGivingSigns, longestSilence, Watch } from '../support/signs-of-life.ts';
import type { Bucket, Condition, StoredText } from './bucket.ts';

/** Between looks at what another process holds. */
const lookingMilliseconds = 1000;

/** What the file of a lock says that nobody holds. */
const free = 'free';

/** What a process holds in a bucket. */
export interface BucketLock extends OwnerLock {
  /** Makes sure, now, that this process still holds it. @throws InputError `busy` when another one has taken it over. */
  confirm(): Promise<void>;
}

/**
 * Keeps a thing in a bucket to one process at a time, as `lockForThisProcess` does in a folder: by a file that says who
 * holds it, and changes with each sign of life. It is only ever written if it still is what was read before, which the
 * server looks at in the moment of writing; so of two that find it free, or its holder dead, one gets it. Where an answer
 * is lost, what stands there tells whether the writing was done. The file stays, and says when nobody holds it.
 *
 * @param name of the file.
 * @param what is done with the thing, for the message to the second: "training in s3://runs/a".
 * @throws InputError `busy`, naming the process that holds it, unless it is waited for. BucketError as `Bucket` does.
 */
export async function lockInBucket(
  bucket: Bucket,
  name: string,
  what: string,
  { signal, silence = longestSilence, onHeld }: LockOptions = {},
): Promise<BucketLock> {
  const watch = new Watch(silence);
  const file = new LockFile(bucket, name);
  for (;;) {
    const found = await bucket.read(name, signal);
    const holder = found && holderOf(found);
    const life = holder ? lifeOf(holder, found, name, watch) : 'dead';
    if (life === 'dead') {
      if (await file.write(1, found ? { tag: found.tag } : 'absent', signal)) return held(file, what, signal);
      continue; // another process was faster
    }
    const { pid, host } = holder!;
    if (onHeld) await onHeld(`process ${pid} on ${host}`);
    else if (life === 'lives')
      throw new InputError(
        `process ${pid} on ${host} is ${what} already; if it is not, remove ${bucket.addressOf(name)}`,
        'busy',
      );
    await sleep(lookingMilliseconds, undefined, signal && { signal }).catch(() => signal?.throwIfAborted());
  }
}

/** @returns nothing when nobody holds it, or what stands there is nothing that was written here. */
function holderOf({ text }: StoredText): Owner | undefined {
  return parseOwner(text.split(' ')[0] ?? '');
}

/** Only where this process could see the other's number it tells anything that there is none. */
function lifeOf(owner: Owner, { text, age }: StoredText, path: string, watch: Watch) {
  const numbers = numbering();
  const visible = numbers !== undefined && text.split(' ')[1] === numbers && !isElsewhere(owner);
  if (!visible) return watch.look({ path, sign: text, age });
  return isGone(owner) ? 'dead' : 'lives';
}

/**
 * What counts the processes that this one sees: a running kernel, and there a space of process numbers. Machines that use
 * one bucket may well have the same name, and containers on one of them.
 */
function numbering(): string | undefined {
  try {
    const kernel = readFileSync('/proc/sys/kernel/random/boot_id', 'utf8');
    const space = readlinkSync('/proc/self/ns/pid');
    return createHash('sha256').update(`${kernel} ${space}`).digest('hex').slice(0, 16);
  } catch {
    return undefined;
  }
}

/** The file of a lock, as this process writes it: who it is, who counts it, a number drawn for this lock, the sign of life. */
class LockFile {
  readonly bucket: Bucket;
  readonly name: string;
  private readonly own =
    `${ownerText(thisProcess())} ${numbering() ?? '-'} ${randomBytes(8).toString('hex')}`;
  private tag = '';
  private writing: Promise<unknown> = Promise.resolve();

  constructor(bucket: Bucket, name: string) {
    this.bucket = bucket;
    this.name = name;
  }

  /** @returns false when somebody else's stands there now. */
  async write(count: number, condition: Condition, signal?: AbortSignal): Promise<boolean> {
    const text = `${this.own} ${count}`;
    const written = await this.bucket.write(this.name, text, condition, signal);
    if (written !== undefined) {
      this.tag = written;
      return true;
    }
    // an answer that was lost: the repeated request found what the first had written
    const there = await this.bucket.read(this.name, signal);
    if (!there?.text.startsWith(this.own)) return false;
    this.tag = there.tag;
    return true;
  }

  /** A sign of life, after those that are under way. */
  async sign(count: number): Promise<boolean> {
    const before = this.writing.catch(() => {});
    const writing = before.then(() => this.write(count, { tag: this.tag }));
    this.writing = writing;
    return await writing;
  }

  async free(): Promise<void> {
    await this.bucket.write(this.name, free, { tag: this.tag });
  }
}

function held(file: LockFile, what: string, given: AbortSignal | undefined): BucketLock {
  const lost = new AbortController();
  const onGone = () => lost.abort(takenOver(what));
  let latest = 1;
  const sign = async (count: number) => {
    latest = count;
    return await file.sign(count);
  };
  const endSigns = goOnGivingSigns(sign, onGone);
  return {
    signal: given ? AbortSignal.any([lost.signal, given]) : lost.signal,
    async confirm() {
      if (!lost.signal.aborted && (await file.sign(latest))) return;
      onGone();
      throw takenOver(what);
    },
    async release() {
      await endSigns();
      // whoever waits sees after a while that no sign is given any more
      if (!lost.signal.aborted) await file.free().catch(() => {});
    },
  };
}
