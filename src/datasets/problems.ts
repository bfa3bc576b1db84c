import { InputError } from '../support/errors.ts';

/** Something wrong in a data set, with the place where it was found. */
export interface Problem {
  /** Relative to the data set's folder. */
  readonly file: string;
  /** Counted from 1. */
  readonly line?: number;
  readonly message: string;
}

/** "annotations/ACCEDEsets.txt:17: set '3': one of 0, 1, 2 expected" */
export function problemText({ file, line, message }: Problem): string {
  return line === undefined ? `${file}: ${message}` : `${file}:${line}: ${message}`;
}

/** Counts every problem of a data set and remembers the first of them, so that a broken file of any size is safe to read. */
export class Problems {
  static readonly kept = 200;
  count = 0;
  readonly first: Problem[] = [];

  add(file: string, line: number | undefined, message: string): void {
    this.count++;
    if (this.first.length < Problems.kept)
      this.first.push(line === undefined ? { file, message } : { file, line, message });
  }

  /** The first problems, one a line, and how many more there are. */
  text(shown: number = Problems.kept): string {
    const lines = this.first.slice(0, shown).map(problemText);
    if (this.count > lines.length) lines.push(`… and ${this.count - lines.length} more`);
    return lines.join('\n');
  }

  /** @throws InputError that lists the problems, if there is one. */
  refuse(what: string): void {
    if (this.count === 0) return;
    const noun = this.count === 1 ? 'problem' : 'problems';
    throw new InputError(`${what} has ${this.count} ${noun}:\n${this.text(20)}`);
  }
}
