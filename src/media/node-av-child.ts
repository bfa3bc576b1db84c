/*
 * The decoding child: `node node-av-child.js FILE`, jobs on standard input, a line of JSON each, messages on descriptor 3.
 * It runs FFmpeg's libraries through node-av's synchronous calls, so a crash in native code, or a film that hangs it, ends
 * this process alone.
 */
import { createInterface } from 'node:readline';
import { decodingLimits, tooSlow } from './limits.ts';
import { writeMessage } from './messages.ts';
import { type DecodingPlan, type DecodingRequest, NotAcceptedError } from './plan.ts';

const pipe = 3;
const microseconds = 1e6;
const text = (value: string) => new TextEncoder().encode(value);
const reason = (error: unknown) => (error instanceof Error ? error.message : String(error));

/** What the child is told. */
interface Job {
  request: DecodingRequest;
  /** Of the file. */
  bytes: number;
}

type Decoding = typeof import('./node-av-decoding.ts');

async function read(path: string, { request, bytes }: Job, { decode }: Decoding): Promise<void> {
  const before = process.cpuUsage();
  let seconds = Number.POSITIVE_INFINITY;
  let spoke = Date.now();
  const say: typeof writeMessage = (...message) => {
    writeMessage(...message);
    spoke = Date.now();
  };
  try {
    await decode(path, request, {
      plan: (plan: DecodingPlan) => {
        // the system's own limit was set before anybody knew how long the film is
        seconds = decodingLimits(plan.duration, bytes).processorSeconds;
        say(pipe, 'plan', text(JSON.stringify(plan)));
      },
      picture: (time, gray, rgb, damaged) =>
        say(pipe, damaged ? 'damaged picture' : 'video', gray, rgb, time),
      look: (time, gray) => say(pipe, 'look', gray, undefined, time),
      sound: (samples, heads) => say(pipe, 'audio', samples, heads),
      problem: (message) => say(pipe, 'problem', text(message)),
      packetRead: () => {
        const { user, system } = process.cpuUsage(before);
        if (user + system > seconds * microseconds) throw new Error(tooSlow(seconds));
        if (Date.now() - spoke > 1000) say(pipe, 'alive');
      },
    });
    say(pipe, 'end');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EPIPE') process.exit(1);
    say(pipe, error instanceof NotAcceptedError ? 'not accepted' : 'unreadable', text(reason(error)));
  }
}

async function main(path: string): Promise<void> {
  let decoding: Decoding;
  try {
    decoding = await import('./node-av-decoding.ts');
  } catch (error) {
    writeMessage(pipe, 'unavailable', text(reason(error)));
    return;
  }
  for await (const job of createInterface({ input: process.stdin }))
    await read(path, JSON.parse(job), decoding);
}

await main(process.argv[2]!);
