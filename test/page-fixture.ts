import { execFileSync } from 'node:child_process';
import { copyFileSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import pino from 'pino';
import { type Browser, chromium, type Page } from 'playwright-core';
import { type Analyzer, openAnalyzer } from '../src/analysis/node/index.ts';
import { analysisOf } from '../src/jobs/index.ts';
import { emptyLibrary } from '../src/library/embedded-fixture.ts';
import { type Library, openLibrary } from '../src/library/index.ts';
import { type RunningServer, serve } from '../src/server/index.ts';
import { requirement } from '../src/support/testing.ts';

const executable = '/usr/bin/chromium';
export const hasChromium = requirement('chromium', () => execFileSync(executable, ['--version']).length > 0);
const axe = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');
export const sample = fileURLToPath(new URL('../samples/sample.mp4', import.meta.url));

/** A library with the sample film and a training run, served, and a browser. */
export interface ServedPage {
  readonly folder: string;
  readonly library: Library;
  readonly analyzer: Analyzer;
  readonly server: RunningServer;
  /** A page at an address, and what went wrong on it. */
  open(at: string, options?: Parameters<Browser['newContext']>[0]): Promise<{ page: Page; wrong: string[] }>;
  close(): Promise<void>;
}

export async function servedPage(): Promise<ServedPage> {
  const folder = mkdtempSync(join(tmpdir(), 'affectline-page-'));
  copyFileSync(sample, join(folder, 'sample.mp4'));
  const library = await openLibrary({ folder: await emptyLibrary(folder) });
  const analyzer = await openAnalyzer();
  const running = { signal: new AbortController().signal, onProgress: () => {} };
  await library.add(await analysisOf(analyzer, join(folder, 'sample.mp4'), running));
  const runs = join(folder, 'runs');
  mkdirSync(join(runs, 'first'), { recursive: true });
  const epochs = Array.from({ length: 12 }, (_, i) => {
    const error = 0.5 + 0.4 * Math.exp(-i / 3) + 0.012 * i;
    return JSON.stringify({
      ...{ epoch: i + 1, trainLoss: 0.2 + 0.7 * Math.exp(-i / 3), validationError: error },
      ...{ valenceError: 0.9 * error, arousalError: 1.1 * error },
      ...{ valenceR: 0.5 * (1 - Math.exp(-i / 4)), arousalR: 0.6 * (1 - Math.exp(-i / 3)) },
    });
  });
  writeFileSync(join(runs, 'first/metrics.jsonl'), epochs.join('\n'));
  writeFileSync(join(runs, 'first/report.md'), '# What came out\n');
  const server = await serve({
    ...{ library, analyzer, port: 0, version: '0.0.0', log: pino({ level: 'silent' }) },
    uploads: join(folder, 'uploads'),
    runs,
  });
  const browser = await chromium.launch({ executablePath: executable, args: ['--no-sandbox'] });
  return {
    ...{ folder, library, analyzer, server },
    async open(at, options = {}) {
      const context = await browser.newContext({ viewport: { width: 1280, height: 860 }, ...options });
      const page = await context.newPage();
      const wrong: string[] = [];
      page.on('console', (message) => message.type() === 'error' && wrong.push(message.text()));
      page.on('pageerror', (error) => wrong.push(String(error)));
      await page.goto(server.url + at);
      return { page, wrong };
    },
    async close() {
      await browser.close();
      await server.close();
      await analyzer.close();
      await library.close();
      rmSync(folder, { recursive: true });
    },
  };
}

interface Fault {
  id: string;
  impact: string;
  nodes: { html: string }[];
}

/** What axe calls serious or worse; of a page whose policy was lifted (`bypassCSP`), for it forbids the checker as well. */
export async function seriousFaults(page: Page): Promise<string[]> {
  await page.addScriptTag({ content: axe });
  const { violations } = (await page.evaluate('axe.run()')) as { violations: Fault[] };
  return violations
    .filter(({ impact }) => impact === 'serious' || impact === 'critical')
    .map(({ id, nodes }) => `${id}: ${nodes.map(({ html }) => html).join(' ')}`);
}
