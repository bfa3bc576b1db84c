import type { Readable } from 'node:stream';
import { compiledEntry } from '../support/entry.ts';
import { decodingLimits } from './limits.ts';
import { type Message, readMessages } from './messages.ts';
import { type DecodingPlan, type DecodingRequest, NotAcceptedError } from './plan.ts';
import { type Child, startChild } from './process.ts';
import { type Opening, type Source, type SourceItem, UnavailableError } from './source.ts';

/** The child speaks every second while it reads; silent for this long, it hangs. */
const patienceMilliseconds = 60_000;

/** Starts the decoding child on a file. */
export async function openNodeAv(
  path: string,
  request: DecodingRequest,
  { bytes, signal }: Opening,
): Promise<Source> {
  const entry = compiledEntry(import.meta.url, 'node-av-child');
  const limits = decodingLimits(0, bytes);
  const child = startChild(process.execPath, [entry, path, JSON.stringify({ request, bytes })], {
    descriptors: ['ignore', 'ignore', 'ignore', 'pipe'],
    limits,
    signal,
  });
  const messages = readMessages(child.pipes[3] as Readable);
  const problems: SourceItem[] = [];
  try {
    for (;;) {
      const message = await nextMessage(messages, child);
      const text = new TextDecoder().decode(message.first);
      if (message.kind === 'problem') problems.push({ kind: 'problem', message: text });
      if (message.kind === 'unavailable')
        throw new UnavailableError(`the decoder node-av cannot be loaded: ${text}`);
      if (message.kind === 'not accepted') throw new NotAcceptedError(text);
      if (message.kind === 'unreadable') throw new Error(text);
      if (message.kind !== 'plan') continue;
      return {
        decoder: 'node-av',
        plan: JSON.parse(text) as DecodingPlan,
        pid: child.pid,
        items: items(problems, () => nextMessage(messages, child)),
        close: () => child.close(),
      };
    }
  } catch (error) {
    await child.close();
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
    if (kind === 'video' || kind === 'damaged picture') {
      const rgb = second.length > 0 ? second : undefined;
      yield { kind: 'video', time, gray: first, rgb, damaged: kind === 'damaged picture' };
    }
    if (kind === 'audio') yield { kind, time, samples: new Float32Array(first.buffer as ArrayBuffer) };
    if (kind === 'problem') yield { kind, message: new TextDecoder().decode(first) };
  }
}

async function nextMessage(messages: AsyncIterator<Message>, child: Child): Promise<Message> {
  let hung = false;
  const timer = setTimeout(() => {
    hung = true;
    child.kill();
  }, patienceMilliseconds);
  try {
    const { done, value } = await messages.next();
    if (!done) return value;
  } finally {
    clearTimeout(timer);
  }
  const how = await child.exit;
  throw new Error(
    hung
      ? `the decoder hung (no sign of life for ${patienceMilliseconds / 1000} s)`
      : `node-av crashed on it (${how})`,
  );
}
