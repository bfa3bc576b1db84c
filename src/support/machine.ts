import { availableParallelism, cpus } from 'node:os';

/** The machine in a few words, for the head of a benchmark's table: "2 cores, AMD EPYC, Node v20.20.2". */
export function describeMachine(): string {
  const model = cpus()[0]?.model.trim() || process.arch;
  return `${availableParallelism()} cores, ${model}, Node ${process.version}`;
}
