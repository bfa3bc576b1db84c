import { InvalidArgumentError, Option } from 'commander';
import type { Provider } from '../runtime/node/index.ts';
import { messageOf, UsageError } from './failure.ts';
import { suggestion } from './suggest.ts';

/** Reads an option that is one of a few names. */
export function oneOf<Name extends string>(known: readonly Name[]): (given: string) => Name {
  return (given) => {
    const name = known.find((candidate) => candidate === given);
    if (name !== undefined) return name;
    throw new InvalidArgumentError(`One of: ${known.join(', ')}.${suggestion(given, known)}`);
  };
}

/** Reads an option that is a list of names with commas between them. */
export function someOf<Name extends string>(known: readonly Name[]): (given: string) => Name[] {
  return (given) => {
    const names = namesIn(given).map(oneOf(known));
    return known.filter((name) => names.includes(name));
  };
}

/** The names in a list with commas between them. */
export function namesIn(given: string): string[] {
  return given.split(',').map((name) => name.trim());
}

/** The streams that `--streams` asks for. @throws UsageError that says which there are. */
export async function streamsOf(given: readonly string[]): Promise<string[]> {
  // loads the networks, which help need not
  const { streamNames, streamsNamed } = await import('../streams/index.ts');
  try {
    return streamsNamed(given);
  } catch (error) {
    const known = streamNames();
    const near = given.filter((name) => !known.includes(name)).map((name) => suggestion(name, known));
    throw new UsageError(`--streams: ${messageOf(error)}${near.join('')}`);
  }
}

/** Reads the name of a folder that is to lie in another, never outside of it. */
export function runName(given: string): string {
  if (/^[^/\\]+$/.test(given) && given !== '.' && given !== '..' && !given.includes('\0')) return given;
  throw new InvalidArgumentError('A name without slashes; --out says where runs are kept.');
}

/** Reads an option that is a whole number within bounds. */
export function wholeNumber(least: number, most: number): (given: string) => number {
  return (given) => {
    const number = Number(given);
    if (/^\d+$/.test(given) && number >= least && number <= most) return number;
    throw new InvalidArgumentError(`A whole number from ${least} to ${most}.`);
  };
}

/** Reads an option that is a part of a whole: 2/10. */
export function shard(given: string): { index: number; count: number } {
  const [, index, count] = /^(\d{1,6})\/(\d{1,6})$/.exec(given) ?? [];
  if (Number(index) >= 1 && Number(index) <= Number(count))
    return { index: Number(index), count: Number(count) };
  throw new InvalidArgumentError('K/N: the K-th of N parts, 1/N to N/N.');
}

// named here, so that help need not load the graph module
const providers: readonly Provider[] = ['cpu', 'webgpu', 'cuda'];

/** `--model`, wherever a model is used. */
export const modelOption: Option = new Option(
  '-m, --model <folder>',
  'a trained model, or hf:OWNER/NAME of the Hugging Face Hub (default: the starter model, trained on synthetic films)',
);

/** `--threads` and `--provider`, which mean the same wherever networks compute. */
export const computingOptions: readonly Option[] = [
  new Option('--threads <count>', 'processor cores to use (default: all)').argParser(wholeNumber(1, 64)),
  new Option('--provider <name>', 'what computes the networks: cpu, webgpu or cuda (default: cpu)').argParser(
    oneOf(providers),
  ),
];
