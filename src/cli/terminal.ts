import type { WriteStream } from 'node:tty';
import { printable, printableName } from '../support/printable.ts';

/** Whether to draw on this stream: a terminal that understands cursor movement. */
export function isTerminal(stream: NodeJS.WriteStream): boolean {
  return stream.isTTY === true && process.env.TERM !== 'dumb';
}

const codes = { bold: 1, dim: 2, red: 31, yellow: 33, cyan: 36 } as const;

/** Styles the text, from anywhere, where colors are wanted (https://no-color.org). */
export function styled(text: string, style: keyof typeof codes, stream: NodeJS.WriteStream): string {
  const wanted = isTerminal(stream) && !process.env.NO_COLOR;
  return wanted ? `\x1b[${codes[style]}m${printable(text)}\x1b[0m` : printable(text);
}

/** Writes text that people read to stdout. */
export function print(text: string): void {
  process.stdout.write(printable(text));
}

/** Where there is no terminal to draw on, a line is said this often, in milliseconds. */
const betweenLines = 30_000;

/**
 * How far a task is, on one line that is drawn over; where stderr is no terminal, a line of its own every half a minute. A
 * share below the one before begins the next task.
 */
export class ProgressLine {
  private readonly stream: NodeJS.WriteStream = process.stderr;
  /** When the task began, and how far it was then: one that is resumed begins in the middle. */
  private start: { time: number; done: number } | undefined;
  private last = 0;
  private drawn = 0;
  /** When a line was last said where there is no terminal. */
  private said: number = performance.now();

  /** @param done 0 to 1. */
  show(label: string, done: number): void {
    const now = performance.now();
    if (this.start === undefined || done < this.last) this.start = { time: now, done };
    this.last = done;
    const left = timeLeft(this.start.done, done, (now - this.start.time) / 1000);
    if (!isTerminal(this.stream)) {
      if (now - this.said < betweenLines) return;
      this.said = now;
      this.stream.write(
        `${printableName(label)}: ${Math.floor(done * 100)} % ${left}`.trimEnd().concat('\n'),
      );
      return;
    }
    if (now - this.drawn < 100 && done < 1) return;
    this.drawn = now;
    const width = (this.stream as WriteStream).columns || 80;
    const filled = Math.round(Math.min(done, 1) * 20);
    const bar = '█'.repeat(filled) + '░'.repeat(20 - filled);
    const text = `${bar} ${String(Math.floor(done * 100)).padStart(3)} %  ${left}  ${printableName(label)}`;
    this.stream.write(`\r\x1b[K${[...text].slice(0, width - 1).join('')}`);
  }

  /** Writes a line above it. */
  say(line: string): void {
    this.clear();
    this.stream.write(`${printable(line)}\n`);
  }

  /** Takes the line away, so that something else can be written. */
  clear(): void {
    if (this.drawn > 0) this.stream.write('\r\x1b[K');
    this.drawn = 0;
  }
}

/** "1:05 left", where the share `done` has been reached from `start` in so many seconds; blank while that says little. */
export function timeLeft(start: number, done: number, elapsed: number): string {
  if (done - start < 0.01 || elapsed < 1) return '         ';
  const left = Math.ceil((elapsed * (1 - done)) / (done - start));
  const minutes = Math.floor(left / 60);
  if (minutes >= 60) return `${Math.floor(minutes / 60)} h ${minutes % 60} min left`;
  return `${minutes}:${String(left % 60).padStart(2, '0')} left`;
}
