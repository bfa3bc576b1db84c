import { createHash, randomBytes } from 'node:crypto';
import { createWriteStream } from 'node:fs';
import { readFile, rename, rm, stat } from 'node:fs/promises';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { setTimeout as sleep } from 'node:timers/promises';
import { AwsClient } from 'aws4fetch';
import { InputError } from '../support/errors.ts';
import { temporaryPath } from '../support/files.ts';

/** Tries of a request that does not reach the server; the first pause is a second, each that follows twice as long. */
const mostTries = 5;

/** Bytes of a file that are put in one piece: as many as Node reads at once. */
const mostBytes = 2 ** 31 - 1;

/** A bucket cannot be used, or not now (`busy`: its server cannot be reached); the message names bucket and key. */
export class BucketError extends InputError {
  override name = 'BucketError';
}

/** Whether a place is in a bucket: `s3://bucket/prefix`. */
export function isBucket(place: string): boolean {
  return place.startsWith('s3://');
}

/** A file of a bucket, as the bucket lists it. */
export interface Listed {
  readonly name: string;
  /** Differs whenever the content does; of most buckets and files up to 5 GB, the MD5 of the content. */
  readonly tag: string;
}

/** A short text in a bucket. */
export interface StoredText {
  readonly text: string;
  readonly tag: string;
  /** Seconds since it was written, both times being the server's own; 0 where it does not tell them. */
  readonly age: number;
}

/** What has to hold at the moment of writing: there is no file of this name, or it still is the one of this tag. */
export type Condition = 'absent' | { readonly tag: string };

/**
 * Files below a prefix of a bucket, by Amazon's S3 protocol, which others speak too. A file there is whole or absent.
 * Keys, region and server are those of the environment, as for Amazon's own programs: `AWS_ACCESS_KEY_ID`,
 * `AWS_SECRET_ACCESS_KEY`, `AWS_SESSION_TOKEN`, `AWS_REGION`, `AWS_ENDPOINT_URL_S3` or `AWS_ENDPOINT_URL`.
 */
export class Bucket {
  private readonly client: AwsClient;
  private readonly server: string;
  private readonly bucket: string;
  private readonly prefix: string;

  /** @throws InputError when the address is none, or the environment has no keys. */
  constructor(address: string) {
    const [, bucket, prefix] = /^s3:\/\/([a-z0-9][a-z0-9.-]{2,62})((?:\/[\w.=-]+)*)\/?$/.exec(address) ?? [];
    if (bucket === undefined || prefix === undefined)
      throw new InputError(`${address}: s3://bucket/prefix expected, of letters, digits and . _ - =`);
    const { env } = process;
    const region = env.AWS_REGION || env.AWS_DEFAULT_REGION || 'us-east-1';
    const { AWS_ACCESS_KEY_ID: accessKeyId, AWS_SECRET_ACCESS_KEY: secretAccessKey } = env;
    if (!accessKeyId || !secretAccessKey)
      throw new InputError(`${address}: AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY have to be set`);
    const sessionToken = env.AWS_SESSION_TOKEN;
    this.client = new AwsClient({
      ...{ accessKeyId, secretAccessKey, region, service: 's3' },
      ...(sessionToken && { sessionToken }),
    });
    const amazon = `https://s3.${region}.amazonaws.com`;
    this.server = (env.AWS_ENDPOINT_URL_S3 || env.AWS_ENDPOINT_URL || amazon).replace(/\/+$/, '');
    this.bucket = bucket;
    this.prefix = prefix.slice(1);
  }

  /**
   * Fetches a file; it appears whole or not at all.
   *
   * @returns false when the bucket has none of this name.
   * @throws BucketError when the server refuses or cannot be reached.
   */
  async fetch(name: string, path: string, signal?: AbortSignal): Promise<boolean> {
    const temporary = temporaryPath(path);
    try {
      return await this.trying(name, signal, async () => {
        const response = await this.request('GET', name, { signal });
        if (!response.ok) {
          const { code, reason } = await refusal(response);
          if (code === 'NoSuchKey') return false;
          throw new BucketError(`${this.addressOf(name)} cannot be fetched: ${reason}`);
        }
        await pipeline(Readable.fromWeb(response.body as never), createWriteStream(temporary), { signal });
        await rename(temporary, path);
        return true;
      });
    } finally {
      await rm(temporary, { force: true });
    }
  }

  /**
   * Puts a file there, unless there is one of this name.
   *
   * @throws BucketError when the server refuses or cannot be reached.
   */
  async put(name: string, path: string, signal?: AbortSignal): Promise<void> {
    await this.trying(name, signal, async () => {
      const { ok: isThere } = await this.request('HEAD', name, { signal });
      if (!isThere) await this.send(name, await bytesOf(path), {}, signal);
    });
  }

  /** Puts a file there in place of what is there. @throws BucketError when the server refuses or cannot be reached. */
  async replace(name: string, path: string, signal?: AbortSignal): Promise<void> {
    await this.trying(name, signal, async () => await this.send(name, await bytesOf(path), {}, signal));
  }

  /** A short text that is there. @throws BucketError when the server refuses or cannot be reached. */
  async read(name: string, signal?: AbortSignal): Promise<StoredText | undefined> {
    return await this.trying(name, signal, async () => {
      const response = await this.request('GET', name, { signal });
      if (!response.ok) {
        const { code, reason } = await refusal(response);
        if (code === 'NoSuchKey') return undefined;
        throw new BucketError(`${this.addressOf(name)} cannot be read: ${reason}`);
      }
      const { headers } = response;
      const [now, changed] = ['date', 'last-modified'].map((key) => Date.parse(headers.get(key) ?? ''));
      const age = Math.max(0, (now! - changed!) / 1000) || 0;
      return { text: await response.text(), tag: headers.get('etag') ?? '', age };
    });
  }

  /**
   * Writes a short text where a condition holds, which the server looks at in the moment of writing.
   *
   * @returns the tag of what was written; nothing where the condition does not hold, or did not any more once an answer
   *   was lost and the request repeated.
   * @throws BucketError when the server refuses or cannot be reached.
   */
  async write(
    name: string,
    text: string,
    condition: Condition,
    signal?: AbortSignal,
  ): Promise<string | undefined> {
    const headers: Record<string, string> =
      condition === 'absent' ? { 'if-none-match': '*' } : { 'if-match': condition.tag };
    return await this.trying(
      name,
      signal,
      async () => await this.send(name, Buffer.from(text), headers, signal),
    );
  }

  /** Removes a file, if it is there. @throws BucketError when the server refuses or cannot be reached. */
  async remove(name: string, signal?: AbortSignal): Promise<void> {
    await this.trying(name, signal, async () => {
      const response = await this.request('DELETE', name, { signal });
      if (response.ok) return;
      const { code, reason } = await refusal(response);
      if (code !== 'NoSuchKey') throw new BucketError(`${this.addressOf(name)} cannot be removed: ${reason}`);
    });
  }

  /** The files in a folder of the bucket and below, by names within that folder. @throws BucketError as others do. */
  async list(folder: string, signal?: AbortSignal): Promise<Listed[]> {
    const within = this.keyOf(folder === '' ? '' : `${folder}/`);
    const found: Listed[] = [];
    let next: string | undefined;
    do {
      const text = await this.trying(folder, signal, async () => {
        const query = { 'list-type': '2', 'encoding-type': 'url', prefix: within };
        const more = new URLSearchParams({ ...query, ...(next && { 'continuation-token': next }) });
        const response = await this.client.fetch(`${this.server}/${this.bucket}?${more}`, {
          ...(signal && { signal }),
        });
        if (response.ok) return await response.text();
        throw new BucketError(
          `${this.addressOf(folder)} cannot be listed: ${(await refusal(response)).reason}`,
        );
      });
      for (const [, content] of text.matchAll(/<Contents>([\s\S]*?)<\/Contents>/g)) {
        const key = decodeURIComponent(textOf(content!, 'Key').replaceAll('+', ' '));
        found.push({ name: key.slice(within.length), tag: textOf(content!, 'ETag').replaceAll('"', '') });
      }
      next = textOf(text, 'NextContinuationToken') || undefined;
    } while (next);
    return found;
  }

  /**
   * Whether the bucket can be written to, and writes under conditions as `write` needs it; asked before hours of work.
   *
   * @throws BucketError when there is no such bucket, its server refuses, or looks at no conditions.
   */
  async checkConditions(signal?: AbortSignal): Promise<void> {
    const name = `.locks/probe-${randomBytes(6).toString('hex')}`;
    const tag = await this.write(name, 'first', 'absent', signal);
    try {
      const repeated = await this.write(name, 'second', 'absent', signal);
      const late = await this.write(name, 'third', { tag: '"00000000000000000000000000000000"' }, signal);
      const right = tag && (await this.write(name, 'fourth', { tag }, signal));
      if (repeated === undefined && late === undefined && right) return;
      throw new BucketError(
        `${this.addressOf()}: its server does not keep to conditions of writing (If-None-Match, If-Match), by which ` +
          'workers keep a training to one of them; use a bucket that does, or a folder that all workers see',
      );
    } finally {
      await this.remove(name, signal);
    }
  }

  /** @returns the tag of what was written; nothing where a condition among the headers does not hold. */
  private async send(
    name: string,
    body: Buffer<ArrayBuffer>,
    conditions: Record<string, string>,
    signal: AbortSignal | undefined,
  ): Promise<string | undefined> {
    // the server refuses what arrives otherwise than it was sent
    const sha256 = createHash('sha256').update(body).digest('hex');
    const headers = { 'x-amz-content-sha256': sha256, 'content-type': 'application/octet-stream' };
    const response = await this.request('PUT', name, {
      ...{ signal, body },
      headers: { ...headers, ...conditions },
    });
    if (response.ok) return response.headers.get('etag') ?? '';
    const { code, reason } = await refusal(response);
    const unmet = ['PreconditionFailed', 'ConditionalRequestConflict', 'NoSuchKey'];
    if (Object.keys(conditions).length > 0 && unmet.includes(code ?? '')) return undefined;
    throw new BucketError(`${this.addressOf(name)} cannot be put: ${reason}`);
  }

  private async request(
    method: string,
    name: string,
    {
      signal,
      ...init
    }: { signal: AbortSignal | undefined; body?: Buffer<ArrayBuffer>; headers?: Record<string, string> },
  ): Promise<Response> {
    // a plus sign would be read as a space
    const key = this.keyOf(name).split('/').map(encodeURIComponent).join('/');
    const url = `${this.server}/${this.bucket}/${key}`;
    return await this.client.fetch(url, { method, ...init, ...(signal && { signal }) });
  }

  /** Does what may fail for a passing fault of the network several times. */
  private async trying<Result>(
    name: string,
    signal: AbortSignal | undefined,
    work: () => Promise<Result>,
  ): Promise<Result> {
    for (let tries = 1; ; tries++) {
      try {
        return await work();
      } catch (error) {
        signal?.throwIfAborted();
        // what fetch throws for every fault of the network, the reason being its cause
        if (!(error instanceof TypeError)) throw error;
        const { message } = error.cause instanceof Error ? error.cause : error;
        if (tries === mostTries)
          throw new BucketError(
            `${this.addressOf(name)}: ${this.server} cannot be reached (${message})`,
            'busy',
          );
      }
      await sleep(1000 * 2 ** (tries - 1), undefined, signal && { signal }).catch(() =>
        signal?.throwIfAborted(),
      );
    }
  }

  private keyOf(name: string): string {
    return this.prefix === '' ? name : `${this.prefix}/${name}`;
  }

  /** Of a file, as people know it; of the whole without a name. */
  addressOf(name = ''): string {
    return `s3://${this.bucket}/${this.keyOf(name)}`.replace(/\/$/, '');
  }
}

/** What a server says of a request that it refuses, in XML or not at all. */
async function refusal(response: Response): Promise<{ code: string | undefined; reason: string }> {
  const text = (await response.text()).slice(0, 10_000);
  const [, code] = /<Code>([\w.]{1,100})<\/Code>/.exec(text) ?? [];
  const [, message] = /<Message>([^<]{1,300})<\/Message>/.exec(text) ?? [];
  const said = [code, message].filter((part) => part !== undefined).join(', ');
  return { code, reason: `the server answered ${response.status}${said && ` (${said})`}` };
}

/** @throws BucketError when the file is too large to be put in one piece. */
async function bytesOf(path: string): Promise<Buffer<ArrayBuffer>> {
  const { size } = await stat(path);
  if (size <= mostBytes) return await readFile(path);
  throw new BucketError(
    `${path} has ${(size / 1e9).toFixed(1)} GB; a file that is put into a bucket has 2.1 at most`,
  );
}

/** What the first element of a name holds, in XML as S3 writes it; nothing where there is none. */
function textOf(xml: string, element: string): string {
  const [, text = ''] = new RegExp(`<${element}>([^<]*)</${element}>`).exec(xml) ?? [];
  return text.replaceAll('&quot;', '"').replaceAll('&#34;', '"').replaceAll('&amp;', '&');
}
