import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { extname, join, relative, sep } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Hono } from 'hono';

const types: Readonly<Record<string, string>> = {
  '.html': 'text/html; charset=utf-8',
  '.js': 'text/javascript; charset=utf-8',
  '.css': 'text/css; charset=utf-8',
  '.svg': 'image/svg+xml',
};

/** Where the page is built to: `dist/page`, seen from the sources as from what they are compiled to. */
const folder = fileURLToPath(new URL('../../dist/page', import.meta.url));

/** The files of the page, read once: what is not among them is not there, whatever the path says. */
export function pageRoutes(app: Pick<Hono, 'get'>): void {
  if (!existsSync(folder)) return;
  for (const entry of readdirSync(folder, { recursive: true, withFileTypes: true })) {
    if (!entry.isFile()) continue;
    const file = join(entry.parentPath, entry.name);
    const path = `/${relative(folder, file).split(sep).join('/')}`;
    const bytes = readFileSync(file);
    // names under assets/ change with their content
    const cache = path.startsWith('/assets/') ? 'public, max-age=31536000, immutable' : 'no-cache';
    const headers = {
      'content-type': types[extname(file)] ?? 'application/octet-stream',
      'cache-control': cache,
    };
    app.get(path === '/index.html' ? '/' : path, () => new Response(Uint8Array.from(bytes), { headers }));
  }
}
