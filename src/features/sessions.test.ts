import { afterAll, expect, test } from 'vitest';
import { untrainedModel } from '../models/index.ts';
import type { Runtime } from '../runtime/index.ts';
import { nodeRuntime } from '../runtime/node/index.ts';
import { Sessions } from './sessions.ts';

const model = untrainedModel('compact');
const opened: Sessions[] = [];
afterAll(async () => {
  await Promise.all(opened.map((sessions) => sessions.close()));
});

/** Sessions, and of each that is opened whether it runs rarely. */
function watched(films?: 'one by one'): { sessions: Sessions; rare: (boolean | undefined)[] } {
  const computing = nodeRuntime();
  const rare: (boolean | undefined)[] = [];
  const runtime: Runtime = {
    open(outputs, parameters, options) {
      rare.push(options?.runsRarely);
      return computing.open(outputs, parameters, options);
    },
  };
  const sessions = new Sessions(model, runtime, films);
  opened.push(sessions);
  return { sessions, rare };
}

test('a short film opens a session of its own, until a longer one has been', async () => {
  const { sessions, rare } = watched();
  const short = await sessions.pairs('flow', 1);
  expect(await sessions.pairs('flow', 3.9)).toBe(short);
  const long = await sessions.pairs('flow', 4);
  expect(long).not.toBe(short);
  expect(await sessions.pairs('flow', 1)).toBe(long);
  expect(rare).toEqual([true, false]);
});

test('a film that does not say how long it is counts as long, and so do many films one by one', async () => {
  const unknown = watched();
  await unknown.sessions.pairs('flow', 0);
  const many = watched('one by one');
  await many.sessions.pairs('flow', 1);
  expect([unknown.rare, many.rare]).toEqual([[false], [false]]);
});
