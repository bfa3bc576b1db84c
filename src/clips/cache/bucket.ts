import { createHash } from 'node:crypto';
import { createWriteStream } from 'node:fs';
import { readFile, rename, rm } from 'node:fs/promises';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { setTimeout as sleep } from 'node:timers/promises';
import { AwsClient } from 'aws4fetch';
import { InputError } from '../../support/errors.ts';
import { temporaryPath } from '../../support/files.ts';

/** Tries of a request that does not reach the server; the first pause is a second, each that follows twice as long. */
const mostTries = 5;

/** A bucket cannot be used, or not now; the message names bucket and key. */
export class BucketError extends InputError {
  override name = 'BucketError';
}

/** Whether a place is in a bucket: `s3://bucket/prefix`. */
export function isBucket(place: string): boolean {
  return place.startsWith('s3://');
}

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
      if (isThere) return;
      const body = await readFile(path);
      const sha256 = createHash('sha256').update(body).digest('hex');
      const headers = { 'x-amz-content-sha256': sha256, 'content-type': 'application/octet-stream' };
      const response = await this.request('PUT', name, { signal, body, headers });
      if (!response.ok)
        throw new BucketError(`${this.addressOf(name)} cannot be put: ${(await refusal(response)).reason}`);
    });
  }

  private async request(
    method: string,
    name: string,
    {
      signal,
      ...init
    }: { signal: AbortSignal | undefined; body?: Buffer<ArrayBuffer>; headers?: Record<string, string> },
  ): Promise<Response> {
    const url = `${this.server}/${this.bucket}/${this.keyOf(name)}`;
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
          throw new BucketError(`${this.addressOf(name)}: ${this.server} cannot be reached (${message})`);
      }
      await sleep(1000 * 2 ** (tries - 1), undefined, signal && { signal }).catch(() =>
        signal?.throwIfAborted(),
      );
    }
  }

  private keyOf(name: string): string {
    return this.prefix === '' ? name : `${this.prefix}/${name}`;
  }

  private addressOf(name: string): string {
    return `s3://${this.bucket}/${this.keyOf(name)}`;
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
