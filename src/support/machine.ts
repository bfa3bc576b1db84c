import { readFileSync } from 'node:fs';
import { availableParallelism, cpus } from 'node:os';

/** The machine in a few words, for the head of a benchmark's table: "2 cores, AMD EPYC, Node v20.20.2". */
export function describeMachine(): string {
  const model = cpus()[0]?.model.trim() || process.arch;
  return `${availableParallelism()} cores, ${model}, Node ${process.version}`;
}

let knownByteTiles: boolean | undefined;

/** Whether the processor multiplies tiles of bytes (Intel's AMX), as Linux says; elsewhere it is not known, and `false`. */
export function multipliesByteTiles(): boolean {
  knownByteTiles ??= process.platform === 'linux' && /^flags.*\bamx_int8\b/m.test(processors());
  return knownByteTiles;
}

function processors(): string {
  try {
    return readFileSync('/proc/cpuinfo', 'utf8');
  } catch {
    return '';
  }
}
