import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { type FileHandle, open, readFile, rename, rm, stat, writeFile } from 'node:fs/promises';
import { dirname } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { InputError } from '../support/errors.ts';
import { ofFile } from '../support/files.ts';
import { makeFolder } from '../support/folders.ts';
import { lockForThisProcess } from '../support/owner-lock.ts';
import { quoted } from './bytes.ts';

/** What is fetched, where it goes, and how it is checked. */
export interface DownloadOptions {
  url: string;
  /** Where the file goes; while it arrives it is at `path` + `.part`. */
  path: string;
  /** The first digits, or all, of its SHA-256 in hexadecimal. */
  sha256?: string;
  /** Looks at the complete file before it is accepted; throwing refuses it. */
  check?: (path: string) => Promise<void>;
  /** How many bytes are here, of how many (unknown where the server does not say). */
  onProgress?: (received: number, total: number | undefined) => void;
  signal?: AbortSignal;
  /** A server that sends less than 1,000 bytes a second over so long is given up; 30 unless told. */
  stallSeconds?: number;
  /** The wait before the second try, doubled before each that follows; 1 unless told. */
  retrySeconds?: number;
  /** Larger files are refused, in bytes; 400 MB unless told. */
  largest?: number;
}

const mostTries = 5;
/** Bytes a second. */
const slowest = 1000;
const mostRedirects = 5;

/** A fault that trying again may mend: a cut connection, a busy server. */
class PassingFault extends Error {}

/**
 * Fetches a file over HTTPS. A cut connection is tried again, going on where it was cut, also by a later call (if the
 * server can and its file is still the same). The file appears at `path` only when it is complete and right.
 *
 * @returns its SHA-256 in hexadecimal.
 * @throws InputError when the server refuses, or what it sends is too large or not the file that was meant.
 */
export async function download(options: DownloadOptions): Promise<string> {
  const part = `${options.path}.part`;
  makeFolder(dirname(options.path));
  const { path, signal: given } = options;
  const lock = await lockForThisProcess(path, `fetching ${path}`, { signal: given });
  try {
    await fetchAll(part, { ...options, signal: lock.signal });
    let digits: string;
    try {
      digits = await checkedHash(part, options);
      await options.check?.(part);
    } catch (error) {
      await forget(part);
      throw error;
    }
    await rename(part, options.path);
    await forget(part);
    return digits;
  } finally {
    await lock.release();
  }
}

async function fetchAll(part: string, options: DownloadOptions): Promise<void> {
  const { url, signal, retrySeconds = 1 } = options;
  for (let tries = 1; ; tries++) {
    try {
      return await fetchRest(part, options);
    } catch (error) {
      signal?.throwIfAborted();
      if (!(error instanceof PassingFault)) throw error;
      if (tries === mostTries) throw new InputError(`${url}: ${error.message}, ${mostTries} times`);
    }
    const wait = retrySeconds * 1000 * 2 ** (tries - 1);
    await sleep(wait, undefined, signal ? { signal } : {}).catch(() => signal?.throwIfAborted());
  }
}

/** One request, for what is not here yet. */
async function fetchRest(part: string, options: DownloadOptions): Promise<void> {
  const { stallSeconds = 30, signal } = options;
  const { size, version } = await earlierPart(part);
  const stalled = new AbortController();
  let came = 0;
  const timer = setInterval(() => {
    if (came < slowest * stallSeconds) stalled.abort();
    else came = 0;
  }, stallSeconds * 1000);
  const anySignal = AbortSignal.any([stalled.signal, ...(signal ? [signal] : [])]);
  try {
    const headers = { 'accept-encoding': 'identity', 'user-agent': 'affectline' };
    const range = size > 0 ? { range: `bytes=${size}-`, 'if-range': version } : {};
    const response = await request(options.url, { ...headers, ...range }, anySignal);
    try {
      const place = await readPlace(response, { size, version }, part, options.url);
      await receive(response, place, part, options, (bytes) => {
        came += bytes;
      });
    } finally {
      if (!response.bodyUsed) await response.body?.cancel();
    }
  } catch (error) {
    if (stalled.signal.aborted) {
      const what = came === 0 ? 'nothing' : `only ${came} bytes`;
      throw new PassingFault(`the server sent ${what} in ${stallSeconds} s`);
    }
    if (error instanceof TypeError) {
      // what fetch throws for every fault of the network, the reason being its cause
      const { cause } = error;
      throw new PassingFault(
        `the connection failed (${cause instanceof Error ? cause.message : error.message})`,
      );
    }
    throw error;
  } finally {
    clearInterval(timer);
  }
}

/** Follows redirects by hand, so that none leads away from HTTPS. */
async function request(url: string, headers: Record<string, string>, signal: AbortSignal): Promise<Response> {
  let place = url;
  for (let redirects = 0; redirects <= mostRedirects; redirects++) {
    const { protocol, hostname } = new URL(place);
    const isLoopback = ['localhost', '127.0.0.1', '[::1]'].includes(hostname);
    if (protocol !== 'https:' && !(protocol === 'http:' && isLoopback)) {
      throw new InputError(`${url}: refuses to go on to ${quoted(place)}, which is not HTTPS`);
    }
    const response = await fetch(place, { headers, signal, redirect: 'manual' });
    const location = response.headers.get('location');
    if (response.status < 300 || response.status > 399 || location === null) return response;
    await response.body?.cancel();
    if (!URL.canParse(location, place)) throw new InputError(`${url}: redirects to no address`);
    place = new URL(location, place).href;
  }
  throw new InputError(`${url}: redirects more than ${mostRedirects} times`);
}

interface Place {
  /** Where in the file the response's bytes begin: at the end of the part that is here, or at 0. */
  start: number;
  /** How long the file is, where the server says it. */
  total: number | undefined;
}

/** A part is gone on with only by bytes of the same version that follow it, of a file whose length is known. */
async function readPlace(response: Response, here: Earlier, part: string, url: string): Promise<Place> {
  const { status, statusText, headers } = response;
  const declared = headers.get('content-length');
  const length = declared === null ? undefined : Number(declared);
  if (status === 206) {
    const range = /^bytes (\d+)-(\d+)\/(\d+)$/.exec(headers.get('content-range') ?? '');
    const [start, last, total] = (range ?? []).slice(1).map(Number);
    const follows = start === here.size && (here.size === 0 || versionOf(response) === here.version);
    if (follows && last! < total! && (length ?? last! + 1 - start) === last! + 1 - start)
      return { start, total };
  }
  if (status === 206 || status === 416) {
    await forget(part);
    throw new PassingFault('the server sent another part than was asked for');
  }
  if (status === 200) {
    const encoding = headers.get('content-encoding') ?? 'identity';
    if (encoding !== 'identity') throw new InputError(`${url}: sent as ${quoted(encoding)}, not as it is`);
    return { start: 0, total: length };
  }
  const answer = `the server answered ${status} ${quoted(statusText)}`;
  if (status === 429 || status >= 500) throw new PassingFault(answer);
  throw new InputError(`${url}: ${answer}`);
}

/** Writes the body into the part, from its place on. */
async function receive(
  response: Response,
  { start, total }: Place,
  part: string,
  { url, largest = 400e6, onProgress }: DownloadOptions,
  onBytes: (count: number) => void,
): Promise<void> {
  const tooLarge = () => new InputError(`${url}: more than ${largest} bytes, too many for this file`);
  if (total !== undefined && !(total <= largest)) throw tooLarge();
  const file = await open(part, start === 0 ? 'w' : 'r+');
  try {
    await file.truncate(start);
    await writeFile(versionPath(part), versionOf(response));
    let received = start;
    for await (const chunk of response.body ?? []) {
      onBytes(chunk.length);
      if (received + chunk.length > (total ?? largest) || received + chunk.length > largest) {
        await forget(part);
        throw tooLarge();
      }
      await writeAt(file, chunk, received);
      received += chunk.length;
      onProgress?.(received, total);
    }
    if (total !== undefined && received < total)
      throw new PassingFault(`only ${received} of ${total} bytes came`);
    await file.sync();
  } catch (error) {
    throw ofFile(error, part);
  } finally {
    await file.close();
  }
}

async function writeAt(file: FileHandle, bytes: Uint8Array, position: number): Promise<void> {
  for (let written = 0; written < bytes.length; ) {
    const { bytesWritten } = await file.write(bytes, written, bytes.length - written, position + written);
    written += bytesWritten;
  }
}

/** What tells this version of the server's file from another: only a part with it can be completed later. */
function versionOf({ headers }: Response): string {
  const tag = headers.get('etag');
  return tag !== null && !tag.startsWith('W/') ? tag : (headers.get('last-modified') ?? '');
}

const versionPath = (part: string) => `${part}.version`;

/** What is here of the file, and of which version; nothing where that is not known. */
interface Earlier {
  size: number;
  version: string;
}

async function earlierPart(part: string): Promise<Earlier> {
  try {
    const version = await readFile(versionPath(part), 'utf8');
    const { size } = await stat(part);
    if (version !== '') return { size, version };
  } catch {
    // none there
  }
  return { size: 0, version: '' };
}

async function forget(part: string): Promise<void> {
  await rm(part, { force: true });
  await rm(versionPath(part), { force: true });
}

async function checkedHash(part: string, { url, sha256 = '' }: DownloadOptions): Promise<string> {
  const digits = await fileHash(part);
  if (digits.startsWith(sha256)) return digits;
  throw new InputError(`${url}: another file than was meant; its SHA-256 is ${digits}, not ${sha256}…`);
}

/** A file's SHA-256 in hexadecimal. */
export async function fileHash(path: string): Promise<string> {
  const hash = createHash('sha256');
  for await (const chunk of createReadStream(path)) hash.update(chunk);
  return hash.digest('hex');
}
