import { afterEach, expect, test, vi } from 'vitest';
import { ProgressLine } from './terminal.ts';

afterEach(() => {
  vi.useRealTimers();
  vi.restoreAllMocks();
});

test('where there is no terminal a line is said every half a minute, and not more often', () => {
  vi.useFakeTimers({ toFake: ['performance'] });
  vi.stubEnv('TERM', 'dumb');
  const said: string[] = [];
  vi.spyOn(process.stderr, 'write').mockImplementation((text) => said.push(String(text)) > 0);
  const progress = new ProgressLine();
  for (let second = 0; second <= 100; second++) {
    progress.show('looking at clips', second / 100);
    vi.advanceTimersByTime(1000);
  }
  progress.clear();
  vi.unstubAllEnvs();
  expect(said).toEqual([
    'looking at clips: 30 % 1:10 left\n',
    'looking at clips: 60 % 0:40 left\n',
    'looking at clips: 90 % 0:10 left\n',
  ]);
});
