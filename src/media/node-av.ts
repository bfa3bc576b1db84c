import { DecodingProcess } from './decoding-process.ts';
import type { Message } from './messages.ts';
import { type DecodingPlan, type DecodingRequest, NotAcceptedError } from './plan.ts';
import { stretchesOf } from './sound-stretches.ts';
import { type Opening, type Source, type SourceItem, UnavailableError } from './source.ts';

/** Has a decoding child read a file: one of its own, unless a process is given, which stays for the next reading. */
export async function openNodeAv(
  path: string,
  request: DecodingRequest,
  { signal, process: given }: Opening,
): Promise<Source> {
  const process = given ?? new DecodingProcess(path);
  let isWhole = false;
  const kill = () => process.kill();
  const close = async () => {
    signal?.removeEventListener('abort', kill);
    if (!given || !isWhole) await process.close();
  };
  const problems: SourceItem[] = [];
  try {
    process.ask(request);
    signal?.addEventListener('abort', kill, { once: true });
    if (signal?.aborted) kill();
    for (;;) {
      const message = await process.next();
      const text = new TextDecoder().decode(message.first);
      if (message.kind === 'problem') problems.push({ kind: 'problem', message: text });
      if (message.kind === 'unavailable')
        throw new UnavailableError(`the decoder node-av cannot be loaded: ${text}`);
      if (message.kind === 'not accepted') throw new NotAcceptedError(text);
      if (message.kind === 'unreadable') throw new Error(text);
      if (message.kind !== 'plan') continue;
      const next = async () => {
        const message = await process.next();
        if (message.kind === 'end') isWhole = true;
        return message;
      };
      return {
        ...{ decoder: 'node-av', plan: JSON.parse(text) as DecodingPlan, pid: process.pid },
        ...{ items: items(problems, next), close },
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
    if (kind === 'video' || kind === 'damaged picture') {
      const rgb = second.length > 0 ? second : undefined;
      yield { kind: 'video', time, gray: first, rgb, damaged: kind === 'damaged picture' };
    }
    if (kind === 'look') yield { kind, time, gray: first };
    if (kind === 'audio') yield { kind, stretches: stretchesOf(first, second) };
    if (kind === 'problem') yield { kind, message: new TextDecoder().decode(first) };
  }
}
