import { type ChildProcess, spawn } from 'node:child_process';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { AwsClient } from 'aws4fetch';
import { pythonHas, requirement } from '../support/testing.ts';

const python = process.env.AFFECTLINE_PYTHON ?? '/usr/bin/python3';

export const hasMoto: boolean = requirement(
  'moto with its server (a Python with it, named in AFFECTLINE_PYTHON)',
  () => pythonHas(python, 'moto.server'),
);

/** A port that was free a moment ago. */
export async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await new Promise((resolve) => server.once('listening', resolve));
  const { port } = server.address() as AddressInfo;
  await new Promise((resolve) => server.close(resolve));
  return port;
}

/** A server of the S3 protocol for tests, with an empty bucket `films`. */
export class MotoServer {
  readonly client: AwsClient;
  address = '';
  private process: ChildProcess | undefined;

  constructor() {
    this.client = new AwsClient({
      ...{ accessKeyId: 'test', secretAccessKey: 'test' },
      ...{ service: 's3', region: 'us-east-1' },
    });
  }

  /** @param environment of the server's own: moto's settings. */
  async start(environment: Record<string, string> = {}): Promise<void> {
    const port = await freePort();
    this.address = `http://127.0.0.1:${port}`;
    this.process = spawn(python, ['-m', 'moto.server', '-H', '127.0.0.1', '-p', String(port)], {
      stdio: 'ignore',
      env: { ...process.env, ...environment },
    });
    const make = () => this.client.fetch(`${this.address}/films`, { method: 'PUT' }).catch(() => undefined);
    while (!(await make())?.ok) await sleep(200);
  }

  /** What a program is to find in its environment. */
  get environment(): Record<string, string> {
    return {
      AWS_ACCESS_KEY_ID: 'test',
      AWS_SECRET_ACCESS_KEY: 'test',
      AWS_ENDPOINT_URL_S3: this.address,
    };
  }

  /** Puts a text into the bucket `films`, as somebody else would. */
  async put(key: string, body: string): Promise<void> {
    await this.client.fetch(`${this.address}/films/${key}`, { method: 'PUT', body });
  }

  /** Keys of all files in the bucket `films`; a thousand at most. */
  async keys(): Promise<string[]> {
    const text = await (await this.client.fetch(`${this.address}/films?list-type=2`)).text();
    return [...text.matchAll(/<Key>([^<]+)<\/Key>/g)].map(([, key]) => key!);
  }

  stop(): void {
    this.process?.kill();
  }
}
