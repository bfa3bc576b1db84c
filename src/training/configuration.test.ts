import { expect, test } from 'vitest';
import { configurationHelp, configurationText, parseConfiguration } from './configuration.ts';

test('what is not given has its default, and a written configuration reads back', () => {
  const configuration = parseConfiguration('epochs: 3\ntrain:\n  picture: 3\n', 'run.yaml');
  expect([configuration.epochs, configuration.train.picture, configuration.train.flow]).toEqual([
    3,
    3,
    'frozen',
  ]);
  expect(parseConfiguration(configurationText(configuration), 'again.yaml')).toEqual(configuration);
  expect(parseConfiguration('', 'empty.yaml').preset).toBe('paper');
});

test('every key is described', () => {
  const keys = configurationHelp()
    .split('\n')
    .filter((line) => /^ *[a-zA-Z]+:/.test(line));
  expect(keys.length).toBeGreaterThan(20);
  for (const line of keys) expect(line).toMatch(/ {2}# [\w’'].{3,}/);
});

test.each([
  ['epoch: 3', 'run.yaml: unknown epoch; see: affectline train --keys'],
  ['train:\n  flows: frozen', 'run.yaml: unknown train.flows'],
  ['epochs: many', 'run.yaml: epochs: '],
  ['batchSize: 16\nclipsAtOnce: 5', 'run.yaml: batchSize 16 is not a multiple of clipsAtOnce 5'],
  ['epochs: 1\nepochs: 2', 'run.yaml: Map keys must be unique'],
  ['epochs: [', 'run.yaml: '],
  ['epochs: &n 3\nseed: *n', 'run.yaml: Alias resolution is disabled; write values out in place of aliases'],
])('%j is refused', (yaml, message) => {
  expect(() => parseConfiguration(yaml, 'run.yaml')).toThrow(message);
});
