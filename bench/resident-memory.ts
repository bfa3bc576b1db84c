import { readdirSync, readFileSync } from 'node:fs';

/** Megabytes of resident memory of a process and all below it, this one unless told (Linux). */
export function residentMegabytes(root: number = process.pid): number {
  const processes = readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .flatMap((name) => {
      try {
        const status = readFileSync(`/proc/${name}/status`, 'utf8');
        const number = (key: string) => Number(new RegExp(`${key}:\\s+(\\d+)`).exec(status)?.[1] ?? 0);
        return [{ pid: Number(name), parent: number('PPid'), kilobytes: number('VmRSS') }];
      } catch {
        return [];
      }
    });
  const family = new Set([root]);
  for (let size = 0; size !== family.size; ) {
    size = family.size;
    for (const { pid, parent } of processes) if (family.has(parent)) family.add(pid);
  }
  return processes.reduce((sum, { pid, kilobytes }) => sum + (family.has(pid) ? kilobytes / 1024 : 0), 0);
}
