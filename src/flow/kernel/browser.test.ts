import { execFile, execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { promisify } from 'node:util';
import { expect, test } from 'vitest';
import { compiledEntry } from '../../support/entry.ts';
import { requirement } from '../../support/testing.ts';
import { kernelModule } from '../node/module.ts';
import { FlowKernel } from './kernel.ts';

const hasChromium = requirement('chromium', () => execFileSync('chromium', ['--version']).length > 0);
const compiled = dirname(dirname(dirname(compiledEntry(import.meta.url, 'kernel'))));

/** Two frames of a moving pattern; the page makes the same ones. */
const makeFrame = (shift: number) => ({
  width: 48,
  height: 40,
  data: Float32Array.from({ length: 48 * 40 }, (_, i) => {
    const x = (i % 48) - shift;
    const y = Math.floor(i / 48);
    return 128 + 60 * Math.sin(x / 4) + 50 * Math.cos(y / 5 + x / 9);
  }),
});

const page = `<!doctype html><title>waiting</title><script type="module">
import { FlowKernel } from '/flow/kernel/kernel.js';
const module = await WebAssembly.compileStreaming(fetch('/flow/kernel/brox.wasm'));
const makeFrame = ${makeFrame};
const kernel = new FlowKernel(module, { width: 48, height: 40 });
kernel.next(makeFrame(0));
const { u, v } = kernel.next(makeFrame(1.5));
document.body.textContent = JSON.stringify([[...u], [...v]]);
</script>`;

test.skipIf(!hasChromium)('the same kernel gives the same flow in a browser (needs chromium)', async () => {
  const types: Record<string, string> = { js: 'text/javascript', wasm: 'application/wasm' };
  const server = createServer((request, response) => {
    const path = request.url ?? '/';
    const type = types[path.split('.').at(-1)!];
    response.setHeader('content-type', type ?? 'text/html');
    response.end(type && !path.includes('..') ? readFileSync(join(compiled, path)) : page);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const profile = mkdtempSync(join(tmpdir(), 'affectline-chromium-'));
  try {
    const { port } = server.address() as AddressInfo;
    const { stdout } = await promisify(execFile)('chromium', [
      ...['--headless', '--no-sandbox', '--disable-gpu', '--disable-quic', '--no-first-run'],
      ...['--disable-background-networking', '--disable-component-update', '--disable-sync'],
      ...[
        `--user-data-dir=${profile}`,
        '--virtual-time-budget=20000',
        '--dump-dom',
        `http://127.0.0.1:${port}/`,
      ],
    ]);
    const [u, v] = JSON.parse(/\[\[[-0-9].*\]\]/.exec(stdout)![0]) as [number[], number[]];
    const kernel = new FlowKernel(kernelModule()!, { width: 48, height: 40 });
    kernel.next(makeFrame(0));
    const here = kernel.next(makeFrame(1.5))!;
    expect(u).toEqual([...here.u]);
    expect(v).toEqual([...here.v]);
    expect(Math.abs(u[20 * 48 + 24]! - 1.5)).toBeLessThan(0.2);
  } finally {
    server.close();
    server.closeAllConnections();
    rmSync(profile, { recursive: true, force: true, maxRetries: 5 });
  }
});
