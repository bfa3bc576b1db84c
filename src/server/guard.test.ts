import { readFileSync } from 'node:fs';
import { connect } from 'node:net';
import { afterAll, describe, expect, test } from 'vitest';
import { servedLibrary } from './server-fixture.ts';

const served = await servedLibrary();
const { server, guarded, ask, asked } = served;
afterAll(() => served.close());

interface Route {
  method: string;
  path: string;
}

/** Every route of the document, with numbers for its parameters. */
async function routes(): Promise<Route[]> {
  const { paths } = await asked('/api/openapi.json');
  const all = Object.entries(paths as Record<string, object>).flatMap(([path, methods]) =>
    Object.keys(methods).map((method) => ({
      method: method.toUpperCase(),
      path: path.replace('{format}', 'json').replaceAll(/\{\w+\}/g, '1'),
    })),
  );
  expect(all.length).toBeGreaterThan(12);
  return [...all, { method: 'GET', path: '/api/openapi.json' }, { method: 'GET', path: '/' }];
}

/** The status of a request whose headers are what we like, which `fetch` does not allow. */
function raw(port: number, head: string): Promise<number> {
  return new Promise((resolve, reject) => {
    const socket = connect(port, '127.0.0.1', () => socket.write(`${head}\r\nConnection: close\r\n\r\n`));
    let text = '';
    socket.on('data', (data) => {
      text += data;
    });
    socket.on('end', () => resolve(Number(/^HTTP\/1\.1 (\d+)/.exec(text)?.[1])));
    socket.on('error', reject);
  });
}

describe('who may ask', () => {
  test('every route refuses a foreign host', async () => {
    for (const { method, path } of await routes())
      for (const host of [
        'evil.example',
        `evil.example:${server.port}`,
        '127.0.0.1',
        `127.0.0.1:${server.port + 1}`,
      ])
        expect(
          await raw(server.port, `${method} ${path} HTTP/1.1\r\nHost: ${host}`),
          `${method} ${path}`,
        ).toBe(403);
  });

  test('every route that writes refuses foreign pages', async () => {
    const host = `Host: 127.0.0.1:${server.port}`;
    const writing = (await routes()).filter(({ method }) => method !== 'GET');
    expect(writing.length).toBeGreaterThan(2);
    for (const { method, path } of writing)
      for (const header of ['Origin: http://evil.example', 'Origin: null', 'Sec-Fetch-Site: cross-site'])
        expect(await raw(server.port, `${method} ${path} HTTP/1.1\r\n${host}\r\n${header}`), path).toBe(403);
  });

  test('every route refuses those who do not know the token, where there is one', async () => {
    for (const { method, path } of await routes())
      for (const headers of [
        {},
        { authorization: 'Bearer wrong' },
        { cookie: 'affectline-token=a long secreT' },
      ])
        expect((await fetch(new URL(path, guarded.url), { method, headers })).status, path).toBe(403);
    const headers = { authorization: 'Bearer a long secret' };
    expect((await fetch(new URL('/api/films', guarded.url), { headers })).status).toBe(200);
    // a person is told in words
    const refused = await fetch(guarded.url.replace(/\?.*/, ''), { headers: { accept: 'text/html,*/*' } });
    expect([refused.status, refused.headers.get('content-type')]).toEqual([403, 'text/html; charset=UTF-8']);
    expect(await refused.text()).toContain('open to those who know its token');
    // a browser is let in by the address that was printed, and keeps a cookie
    const entered = await fetch(guarded.url, { redirect: 'manual' });
    expect([entered.status, entered.headers.get('location')]).toEqual([302, '/']);
    const [cookie] = entered.headers.get('set-cookie')!.split(';');
    expect((await fetch(new URL('/api/films', guarded.url), { headers: { cookie: cookie! } })).status).toBe(
      200,
    );
    for (const [host, status] of [
      ['films.example', 200],
      ['films.example:8000', 200],
      ['films.example:8001', 403],
    ] as const)
      expect(
        await raw(
          guarded.port,
          `GET /api/films HTTP/1.1\r\nHost: ${host}\r\nAuthorization: Bearer a long secret`,
        ),
      ).toBe(status);
  });

  test('nothing outside the library is read, whatever the path', async () => {
    const secret = readFileSync('/etc/hostname', 'utf8').trim();
    const steps = ['../', '..%2f', '%2e%2e/', '..%5c', '....//', '%252e%252e%252f', '..%c0%af', '/'];
    const bases = [
      '/',
      '/api/',
      '/api/films/',
      '/api/films/1/',
      '/api/films/1/export/',
      '/api/films/1/video/',
    ];
    for (const base of bases)
      for (const step of steps)
        for (const target of ['etc/hostname', 'etc/hostname%00.json', 'proc/self/environ']) {
          const path = base + step.repeat(8) + target;
          const response = await raw(server.port, `GET ${path} HTTP/1.1\r\nHost: 127.0.0.1:${server.port}`);
          expect([400, 403, 404], path).toContain(response);
        }
    expect(secret.length).toBeGreaterThan(0);
  });

  test('every answer says what a page may load', async () => {
    for (const { method, path } of await routes()) {
      const { headers } = await ask(path, { method });
      expect(headers.get('content-security-policy'), path).toContain("default-src 'self'");
      expect(headers.get('x-content-type-options')).toBe('nosniff');
    }
  });
});
