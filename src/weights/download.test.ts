import { createHash } from 'node:crypto';
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout } from 'node:timers/promises';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { InputError } from '../support/errors.ts';
import { ownerText, thisProcess } from '../support/owner.ts';
import { type DownloadOptions, download } from './download.ts';

const content = Buffer.from(Array.from({ length: 300_000 }, (_, i) => (i * i) >> 3));
const sha256 = createHash('sha256').update(content).digest('hex');

type Answer = (request: IncomingMessage, response: ServerResponse) => void;
/** What the server does, request by request; the last for all that follow. */
let answers: Answer[] = [];
let requests: { range: string | undefined; ifRange: string | undefined; path: string }[] = [];

const server = createServer((request, response) => {
  const { range, 'if-range': ifRange } = request.headers;
  requests.push({ range, ifRange: ifRange as string | undefined, path: request.url ?? '' });
  const answer = answers.length > 1 ? answers.shift()! : answers[0]!;
  answer(request, response);
});

let folder: string;
let url: string;

beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), 'affectline-download-'));
  requests = [];
  arrived = 0;
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/file.pth`;
});

afterEach(async () => {
  server.closeAllConnections();
  await new Promise((resolve) => server.close(resolve));
  rmSync(folder, { recursive: true });
});

const path = () => join(folder, 'weights', 'file.pth');
/** How much has arrived, so that the server can wait for it before it cuts the connection. */
let arrived = 0;
const onProgress = (received: number) => {
  arrived = received;
};
const fetchFile = (options: Partial<DownloadOptions> = {}) =>
  download({ url, path: path(), sha256, stallSeconds: 20, retrySeconds: 0.01, onProgress, ...options });
const filesLeft = () => readdirSync(join(folder, 'weights'));

/** Sends all from `start` on, or cuts the connection after `bytes` of it. */
function send(response: ServerResponse, start: number, bytes = content.length, version = '"1"'): void {
  const headers = { 'content-length': content.length - start, etag: version };
  if (start > 0) {
    response.writeHead(206, {
      ...headers,
      'content-range': `bytes ${start}-${content.length - 1}/${content.length}`,
    });
  } else response.writeHead(200, headers);
  response.write(content.subarray(start, start + bytes), () => {
    if (start + bytes >= content.length) response.end();
    else cutWhenArrived(response, start + bytes);
  });
}

function cutWhenArrived(response: ServerResponse, bytes: number): void {
  if (arrived >= bytes) response.destroy();
  else void setTimeout(2).then(() => cutWhenArrived(response, bytes));
}

const whole: Answer = (_, response) => send(response, 0);
const fromRange: Answer = ({ headers }, response) => send(response, Number(/\d+/.exec(headers.range ?? '0')));
const cut =
  (bytes: number, version?: string): Answer =>
  ({ headers }, response) =>
    send(response, Number(/\d+/.exec(headers.range ?? '0')), bytes, version);
const status =
  (code: number): Answer =>
  (_, response) => {
    response.writeHead(code).end('sorry');
  };

test('a file arrives whole, with progress, and nothing else is left', async () => {
  answers = [whole];
  const seen: [number, number | undefined][] = [];
  const digits = await fetchFile({ onProgress: (received, total) => seen.push([received, total]) });
  expect(digits).toBe(sha256);
  expect(readFileSync(path()).equals(content)).toBe(true);
  expect(seen.at(-1)).toEqual([content.length, content.length]);
  expect(filesLeft()).toEqual(['file.pth']);
});

test('a cut connection is taken up where it was cut', async () => {
  answers = [cut(100_000), cut(50_000), fromRange];
  await fetchFile();
  expect(readFileSync(path()).equals(content)).toBe(true);
  expect(requests).toEqual([
    { range: undefined, ifRange: undefined, path: '/file.pth' },
    { range: 'bytes=100000-', ifRange: '"1"', path: '/file.pth' },
    { range: 'bytes=150000-', ifRange: '"1"', path: '/file.pth' },
  ]);
});

test('a later call goes on with what an earlier one got', async () => {
  answers = [cut(100_000), status(503)];
  await expect(fetchFile()).rejects.toThrow(/the server answered 503 'Service Unavailable', 5 times/);
  expect(filesLeft().sort()).toEqual(['file.pth.part', 'file.pth.part.version']);
  requests = [];
  answers = [fromRange];
  await fetchFile();
  expect(requests.map(({ range }) => range)).toEqual(['bytes=100000-']);
  expect(readFileSync(path()).equals(content)).toBe(true);
});

test('a server that ignores Range, or whose file has changed, sends all again and that is taken', async () => {
  answers = [cut(100_000), whole];
  await fetchFile();
  expect(requests.length).toBe(2);
  expect(readFileSync(path()).equals(content)).toBe(true);
});

test('without a tag that says it is the same file, a part is not gone on with', async () => {
  answers = [cut(100_000, 'W/"weak"'), fromRange];
  await fetchFile();
  expect(requests.map(({ range }) => range)).toEqual([undefined, undefined]);
  expect(readFileSync(path()).equals(content)).toBe(true);
});

test('a server that sends another part than asked for is asked for all', async () => {
  const wrongPart: Answer = (_, response) => send(response, 7);
  answers = [cut(100_000), wrongPart, whole];
  await fetchFile();
  expect(requests.map(({ range }) => range)).toEqual([undefined, 'bytes=100000-', undefined]);
  expect(readFileSync(path()).equals(content)).toBe(true);
});

test('a part of another version, or of one that is not told, is not joined to the one that is here', async () => {
  const changed = Buffer.from(content.map((byte) => byte ^ 1));
  for (const etag of ['"2"', undefined]) {
    const otherVersion: Answer = (_, response) => {
      const range = `bytes 100000-${changed.length - 1}/${changed.length}`;
      response.writeHead(206, { 'content-range': range, ...(etag && { etag }) });
      response.end(changed.subarray(100_000));
    };
    arrived = 0;
    requests = [];
    answers = [cut(100_000), otherVersion, whole];
    await fetchFile({ path: `${path()}${etag}`, sha256: '' });
    expect(requests.map(({ range }) => range)).toEqual([undefined, 'bytes=100000-', undefined]);
    expect(readFileSync(`${path()}${etag}`).equals(content)).toBe(true);
  }
});

/** A part that says where it ends, and sends just that. */
const piece =
  (start: number, end: number, total: number | '*', length = end - start): Answer =>
  (_, response) => {
    const range = `bytes ${start}-${end - 1}/${total}`;
    response.writeHead(206, { 'content-range': range, 'content-length': length, etag: '"1"' });
    response.end(content.subarray(start, start + length));
  };

test('a part that ends before the file does is gone on with, and never counts as the whole', async () => {
  answers = [cut(100_000), piece(100_000, 150_000, content.length), fromRange];
  await fetchFile({ sha256: '' });
  expect(requests.map(({ range }) => range)).toEqual([undefined, 'bytes=100000-', 'bytes=150000-']);
  expect(readFileSync(path()).equals(content)).toBe(true);
});

test.each([
  ['whose length is not told', piece(100_000, 150_000, '*')],
  ['that reaches beyond the file', piece(100_000, content.length, content.length - 1)],
  ['that is shorter than it says', piece(100_000, content.length, content.length, 1000)],
])('a part of a file %s is not taken', async (_, answer) => {
  answers = [cut(100_000), answer, whole];
  await fetchFile({ sha256: '' });
  expect(requests.map(({ range }) => range)).toEqual([undefined, 'bytes=100000-', undefined]);
  expect(readFileSync(path()).equals(content)).toBe(true);
});

test('a server that drips is given up, also if it never stalls', async () => {
  const timers: NodeJS.Timeout[] = [];
  const drips: Answer = (_, response) => {
    response.writeHead(200, { 'content-length': content.length });
    timers.push(setInterval(() => response.write('x'), 20));
  };
  answers = [drips];
  try {
    await expect(fetchFile({ stallSeconds: 0.3 })).rejects.toThrow(
      /the server sent only \d+ bytes in 0\.3 s, 5 times/,
    );
  } finally {
    for (const timer of timers) clearInterval(timer);
  }
});

test('a range that cannot be satisfied starts anew', async () => {
  answers = [cut(100_000), status(416), whole];
  await fetchFile();
  expect(readFileSync(path()).equals(content)).toBe(true);
});

test('wrong bytes are refused by their hash, and not kept', async () => {
  const wrong = Buffer.from(content);
  wrong[1234]! ^= 1;
  answers = [(_, response) => void response.writeHead(200, { etag: '"1"' }).end(wrong)];
  await expect(fetchFile()).rejects.toThrow(/another file than was meant; its SHA-256 is [0-9a-f]{64}, not/);
  await expect(fetchFile()).rejects.toThrow(InputError);
  expect(filesLeft()).toEqual([]);
});

test('the first digits of the hash are enough, and are looked at', async () => {
  answers = [whole];
  await fetchFile({ sha256: sha256.slice(0, 8) });
  expect(existsSync(path())).toBe(true);
  await expect(fetchFile({ sha256: '00000000', path: `${path()}2` })).rejects.toThrow('not 00000000…');
});

test('a file that the check refuses is not kept', async () => {
  answers = [whole];
  const check = () => Promise.reject(new InputError('a web page, not weights'));
  await expect(fetchFile({ check })).rejects.toThrow('a web page, not weights');
  expect(filesLeft()).toEqual([]);
});

test.each([
  [
    'declares',
    (response: ServerResponse) => void response.writeHead(200, { 'content-length': 1e10 }).write('x'),
  ],
  ['sends without declaring', (response: ServerResponse) => void response.end(content)],
])('a server that %s more than is allowed is cut off', async (_, answer) => {
  answers = [(_request, response) => answer(response)];
  await expect(fetchFile({ largest: 100_000 })).rejects.toThrow('more than 100000 bytes');
  expect(filesLeft()).toEqual([]);
});

test('a server that promises more than it sends is asked again, then given up', async () => {
  answers = [
    (_, response) => {
      response.writeHead(200, { 'content-length': content.length + 10 });
      response.write(content, () => response.destroy());
    },
  ];
  await expect(fetchFile()).rejects.toThrow(/the connection failed \(.+\), 5 times/);
  expect(requests.length).toBe(5);
  expect(existsSync(path())).toBe(false);
});

test('a missing file is an error at once', async () => {
  answers = [status(404)];
  await expect(fetchFile()).rejects.toThrow(/file\.pth: the server answered 404 'Not Found'$/);
  expect(requests.length).toBe(1);
  expect(filesLeft()).toEqual([]);
});

test('a server that stalls is given up and asked again, before and within the file', async () => {
  const silent: Answer = () => {};
  const stalls: Answer = (_, response) => {
    response.writeHead(200, { 'content-length': content.length, etag: '"1"' });
    response.write(content.subarray(0, 1000));
  };
  answers = [silent, stalls, fromRange];
  await fetchFile({ stallSeconds: 0.6 });
  expect(requests.map(({ range }) => range)).toEqual([undefined, undefined, 'bytes=1000-']);
  expect(readFileSync(path()).equals(content)).toBe(true);
});

test('nobody there is an error after five tries', async () => {
  await expect(fetchFile({ url: 'http://127.0.0.1:9/file' })).rejects.toThrow(
    /the connection failed \(.*\), 5 times/,
  );
});

test('redirects are followed on this machine and to HTTPS only', async () => {
  const redirect =
    (to: string): Answer =>
    (_, response) =>
      void response.writeHead(302, { location: to }).end();
  answers = [redirect('/elsewhere'), whole];
  await fetchFile();
  expect(requests.map((request) => request.path)).toEqual(['/file.pth', '/elsewhere']);
  for (const place of ['http://example.invalid/x', 'file:///etc/hostname', 'ftp://127.0.0.1/x']) {
    answers = [redirect(place)];
    await expect(fetchFile({ path: `${path()}2` }), place).rejects.toThrow('which is not HTTPS');
  }
  answers = [redirect('/again')];
  await expect(fetchFile({ path: `${path()}2` })).rejects.toThrow('redirects more than 5 times');
});

test('a signal ends it; the part stays for later', async () => {
  const controller = new AbortController();
  answers = [
    (_, response) => {
      response.writeHead(200, { 'content-length': content.length, etag: '"1"' });
      response.write(content.subarray(0, 1000));
    },
  ];
  await expect(
    fetchFile({ signal: controller.signal, onProgress: () => controller.abort() }),
  ).rejects.toThrow(/abort/);
  expect(filesLeft().sort()).toEqual(['file.pth.part', 'file.pth.part.version']);
});

test('two at once do not write into each other; the lock of a process that is gone does not hold', async () => {
  const held: ServerResponse[] = [];
  answers = [(_, response) => held.push(response)];
  const first = fetchFile();
  while (held.length === 0) await setTimeout(2);
  await expect(fetchFile()).rejects.toThrow(`process ${process.pid} on `);
  send(held[0]!, 0);
  await first;
  answers = [whole];
  const gone = ownerText({ ...thisProcess(), pid: 999_999_999 });
  writeFileSync(join(folder, 'weights', `.file.pth2.lock-1000-0123456789ab-${gone}`), 'held');
  await fetchFile({ path: `${path()}2` });
  expect(filesLeft().sort()).toEqual(['file.pth', 'file.pth2']);
});
