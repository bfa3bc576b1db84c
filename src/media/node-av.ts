import { type ChildProcess, spawn } from 'node:child_process';
import type { Readable } from 'node:stream';
import { compiledEntry } from '../support/entry.ts';
import { type Message, readMessages } from './messages.ts';
import type { Plan, Request } from './plan.ts';
import { ended } from './process.ts';
import { type Source, type SourceItem, UnavailableError } from './source.ts';

/** The child speaks every second while it reads; silent for this long, it hangs. */
const PATIENCE_MILLISECONDS = 60_000;

/** Starts the decoding child on a file. */
export async function openNodeAv(path: string, request: Request): Promise<Source> {
  const entry = compiledEntry(import.meta.url, 'node-av-child');
  const child = spawn(process.execPath, [entry, path, JSON.stringify(request)], {
    stdio: ['ignore', 'ignore', 'ignore', 'pipe'],
    windowsHide: true,
  });
  const exit = ended(child);
  const messages = readMessages(child.stdio[3] as Readable);
  const close = async () => {
    child.kill('SIGKILL');
    await exit;
  };
  const problems: SourceItem[] = [];
  try {
    for (;;) {
      const message = await nextMessage(messages, child, exit);
      const text = new TextDecoder().decode(message.first);
      if (message.kind === 'problem') problems.push({ kind: 'problem', message: text });
      if (message.kind === 'unavailable')
        throw new UnavailableError(`the decoder node-av cannot be loaded: ${text}`);
      if (message.kind === 'unreadable') throw new Error(text);
      if (message.kind !== 'plan') continue;
      return {
        decoder: 'node-av',
        plan: JSON.parse(text) as Plan,
        pid: child.pid ?? 0,
        items: items(problems, () => nextMessage(messages, child, exit)),
        close,
      };
    }
  } catch (error) {
    await close();
    throw error;
  }
}

async function* items(
  before: readonly SourceItem[],
  next: () => Promise<Message>,
): AsyncGenerator<SourceItem, void, undefined> {
  yield* before;
  for (;;) {
    const { kind, time, first, second } = await next();
    if (kind === 'end') return;
    if (kind === 'unreadable') throw new Error(new TextDecoder().decode(first));
    if (kind === 'picture') yield { kind, time, gray: first, rgb: second.length > 0 ? second : undefined };
    if (kind === 'sound') yield { kind, time, samples: new Float32Array(first.buffer as ArrayBuffer) };
    if (kind === 'problem') yield { kind, message: new TextDecoder().decode(first) };
  }
}

async function nextMessage(
  messages: AsyncIterator<Message>,
  child: ChildProcess,
  exit: Promise<string>,
): Promise<Message> {
  let hung = false;
  const timer = setTimeout(() => {
    hung = true;
    child.kill('SIGKILL');
  }, PATIENCE_MILLISECONDS);
  try {
    const { done, value } = await messages.next();
    if (!done) return value;
  } finally {
    clearTimeout(timer);
  }
  const how = await exit;
  throw new Error(
    hung
      ? `the decoder hung (no sign of life for ${PATIENCE_MILLISECONDS / 1000} s)`
      : `the decoder broke down (${how})`,
  );
}
