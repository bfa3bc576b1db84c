import { readFileSync } from 'node:fs';
import { hostname } from 'node:os';

/** A process that holds something: by its number alone it could be taken for a later one. */
export interface Owner {
  readonly pid: number;
  /** When it started, in the system's own count; '0' where the system does not tell. */
  readonly started: string;
  readonly host: string;
}

/** This process. */
export function thisProcess(): Owner {
  return { pid: process.pid, started: startOf(process.pid), host: hostname() };
}

/** An owner as a part of a file's name: "4711-88213-studio". */
export function ownerText({ pid, started, host }: Owner): string {
  return `${pid}-${started}-${safe(host)}`;
}

/** @returns undefined when the text is no owner's. */
export function parseOwner(text: string): Owner | undefined {
  const [, pid, started, host] = /^(\d{1,10})-(\d{1,20})-([\w.]{1,64})$/.exec(text) ?? [];
  return pid && started && host ? { pid: Number(pid), started, host } : undefined;
}

/** Whether it is a process of another machine, or of a container with a name of its own. */
export function isElsewhere({ host }: Owner): boolean {
  return safe(host) !== safe(hostname());
}

/** Whether it has surely ended; of a process on another machine this cannot be told. */
export function isGone(owner: Owner): boolean {
  if (isElsewhere(owner)) return false;
  const { pid, started } = owner;
  try {
    process.kill(pid, 0);
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'ESRCH';
  }
  const now = startOf(pid);
  return started !== '0' && now !== '0' && now !== started;
}

/** Hyphens separate an owner's parts, and a name's length is limited. */
function safe(host: string): string {
  return host.replace(/[^\w.]/g, '_').slice(0, 64) || '_';
}

/** Field 22 of /proc/PID/stat, behind a name that may hold anything (proc(5)). */
function startOf(pid: number): string {
  try {
    const status = readFileSync(`/proc/${pid}/stat`, 'utf8');
    return status.slice(status.lastIndexOf(')') + 2).split(' ')[19] ?? '0';
  } catch {
    return '0';
  }
}
