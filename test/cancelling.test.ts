import { spawn } from 'node:child_process';
import { existsSync, mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { afterAll, describe, expect, test } from 'vitest';
import { allGone, mark } from '../bench/processes.ts';
import { openAnalyzer } from '../src/analysis/node/index.ts';
import { Random } from '../src/support/random.ts';

const sample = fileURLToPath(new URL('../samples/sample.mp4', import.meta.url));
const main = fileURLToPath(new URL('../dist/cli/main.js', import.meta.url));
const folder = mkdtempSync(join(tmpdir(), 'affectline-cancelling-'));
afterAll(() => rmSync(folder, { recursive: true }));

const random = Random.seeded(10);
const moments = (count: number, latest: number) =>
  Array.from({ length: count }, () => Math.round(latest * random.uniform()));

test.each(['node-av', 'ffmpeg'] as const)(
  'an analysis settles with the reason of its signal, whenever it aborts (%s)',
  async (decoder) => {
    const analyzer = await openAnalyzer({ preset: 'compact' });
    try {
      for (const milliseconds of [0, ...moments(5, 1500)]) {
        const controller = new AbortController();
        const reason = new Error(`stopped after ${milliseconds} ms`);
        const analysis = analyzer.analyze(sample, { signal: controller.signal, decoder });
        const settled = analysis.then(
          () => 'done',
          (error) => error,
        );
        await sleep(milliseconds);
        controller.abort(reason);
        expect(await settled).toBe(reason);
      }
    } finally {
      await analyzer.close();
    }
  },
);

describe.skipIf(!existsSync('/proc/self/environ'))('the command line (needs /proc)', () => {
  test.each([
    ['SIGINT', 130],
    ['SIGTERM', 143],
    ['SIGHUP', 129],
    ['SIGKILL', null],
  ] as const)(
    '%s ends it, and all that it started, at any moment, without a half-written file',
    async (signal, code) => {
      for (const milliseconds of [900, ...moments(2, 2500)]) {
        const out = join(folder, `${signal}-${milliseconds}`);
        const { environment, mark: ours } = mark();
        const child = spawn(
          process.execPath,
          [main, 'analyze', sample, '--preset', 'compact', '--out', out],
          { env: environment, stdio: ['ignore', 'ignore', 'pipe'] },
        );
        let said = '';
        child.stderr.setEncoding('utf8').on('data', (text) => {
          said += text;
        });
        const exit = new Promise<number | NodeJS.Signals | null>((resolve) =>
          child.once('close', (status, by) => resolve(by ?? status)),
        );
        await sleep(milliseconds);
        child.kill(signal);
        const how = await exit;
        // before it listens, a signal ends it as it ends any program
        if (how !== signal) {
          expect(how).toBe(code);
          expect(said).toMatch(/affectline: (interrupted|terminated|the terminal is gone)\n$/);
        }
        expect((await allGone(ours, 60_000)).left).toEqual([]);
        expect(existsSync(out) ? readdirSync(out) : []).toEqual([]);
      }
    },
  );
});
