import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterAll, beforeAll, expect, test, vi } from 'vitest';
import { pretrainedFiles, pretrainedPath } from '../weights/index.ts';
import { startingConfiguration } from './pretrained.ts';

const folder = mkdtempSync(join(tmpdir(), 'affectline-starting-'));
afterAll(() => {
  vi.unstubAllEnvs();
  rmSync(folder, { recursive: true });
});
beforeAll(() => {
  vi.stubEnv('AFFECTLINE_CACHE', join(folder, 'fetched'));
  for (const file of pretrainedFiles) {
    mkdirSync(dirname(pretrainedPath(file)), { recursive: true });
    writeFileSync(pretrainedPath(file), '');
  }
});

const start = (yaml: string, over = {}) => startingConfiguration(yaml, 'test', () => {}, over);
const withColor = 'streams: [flow, picture, sound, color]\n';

test.each(['fetched', 'nothing'])(
  'a stream that has no pretrained files changes nothing in how the others are trained: %s',
  async (cache) => {
    vi.stubEnv('AFFECTLINE_CACHE', join(folder, cache));
    for (const keys of ['', 'train: { flow: trained }\n', 'preset: paper\n', 'preset: compact\n']) {
      const { streams, ...others } = await start(keys + withColor);
      const { streams: usual, ...without } = await start(keys);
      expect(streams).toEqual([...usual, 'color']);
      expect(others).toEqual(without);
      expect(others.train.color).toBe('trained');
      expect(await start(keys, { streams })).toEqual({ streams, ...others });
    }
    expect((await start('')).preset).toBe(cache === 'fetched' ? 'paper' : 'compact');
    expect((await start('')).batchNorm).toBe(cache === 'fetched' ? 'frozen' : 'batch');
  },
);

test('where no stream has such files, all is trained from scratch', async () => {
  vi.stubEnv('AFFECTLINE_CACHE', join(folder, 'fetched'));
  expect(await start('streams: [color]')).toMatchObject({
    preset: 'compact',
    batchNorm: 'batch',
    weights: {},
  });
});
