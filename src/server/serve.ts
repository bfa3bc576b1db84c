import { randomBytes } from 'node:crypto';
import type { Server } from 'node:http';
import { type AddressInfo, isIP } from 'node:net';
import { serve as listen } from '@hono/node-server';
import pino, { type Logger } from 'pino';
import type { Analyzer } from '../analysis/node/index.ts';
import { analysisJobs, type FilmAnalyzer, openJobs, work } from '../jobs/index.ts';
import type { Library } from '../library/index.ts';
import { Search } from '../search/index.ts';
import { InputError } from '../support/errors.ts';
import { createApp } from './app.ts';
import type { UploadLimits } from './context.ts';
import { removeAbandoned } from './upload-copies.ts';

/** What is served, and to whom. */
export interface ServeOptions {
  readonly library: Library;
  /** What analyzes the films that are brought; the server works its own queue. */
  readonly analyzer: FilmAnalyzer & Pick<Analyzer, 'places'>;
  /** Where these films are kept. */
  readonly uploads: string;
  /** A folder of trainings and reports of experiments, which is shown and never written. */
  readonly runs?: string;
  /** Default: 8 GiB a film, 64 GiB all. */
  readonly limits?: UploadLimits;
  /** Default 127.0.0.1. Anywhere but on loopback a token is asked for. */
  readonly host?: string;
  /** Other names that it is asked by, as behind a proxy, with the port where that is not the usual one. */
  readonly names?: readonly string[];
  /** 0: any that is free. */
  readonly port: number;
  /** Default: a new one. */
  readonly token?: string;
  readonly version: string;
  readonly log?: Logger;
}

/** A server that answers. */
export interface RunningServer {
  /** Where it answers; with the token, where one is asked for, as a browser is let in by. */
  readonly url: string;
  readonly port: number;
  readonly token?: string;
  /** Answers what has been asked, hands back the job that runs, and ends. The library stays open. */
  close(): Promise<void>;
}

const gibibyte = 2 ** 30;
/** Milliseconds that requests under way are given before they are cut off. */
const grace = 2000;
/** Milliseconds between looks for copies of films whose analyses have failed. */
const sweepInterval = 10_000;

/** Serves a library. @throws InputError `busy` when the port is taken. */
export async function serve(options: ServeOptions): Promise<RunningServer> {
  const { library, analyzer, uploads, host = '127.0.0.1', version } = options;
  const { limits = { film: 8 * gibibyte, all: 64 * gibibyte } } = options;
  const log = options.log ?? pino({ level: 'info' }, pino.destination(2));
  const isLoopback = host === '127.0.0.1' || host === '::1' || host === 'localhost';
  const token = isLoopback ? options.token : (options.token ?? randomBytes(24).toString('base64url'));
  const search = new Search(library);
  const queue = await openJobs(library);
  const hosts: string[] = [...(options.names ?? [])];
  // an address cannot be bound anew, as a name can
  const isOwn = (asked: string) => hosts.includes(asked) || (!isLoopback && isAddress(asked));
  const app = createApp(
    { library, search, analyzer, queue, uploads, runs: options.runs, limits, log },
    { isOwn, token },
    version,
  );
  const server = (await new Promise((resolve, reject) => {
    const opened = listen({ fetch: app.fetch, hostname: host, port: options.port }, () => resolve(opened));
    opened.once('error', reject);
  }).catch(async (error) => {
    await queue.close();
    await search.close();
    if ((error as NodeJS.ErrnoException).code !== 'EADDRINUSE') throw error;
    throw new InputError(`port ${options.port} is taken; another one has to be given, or 0 for any`, 'busy');
  })) as Server;
  const { port } = server.address() as AddressInfo;
  const names = isLoopback ? ['localhost', '127.0.0.1', '[::1]'] : [host.includes(':') ? `[${host}]` : host];
  hosts.push(...names.map((name) => `${name}:${port}`));
  const worker = await work(
    queue,
    analysisJobs(library, () => analyzer),
    ({ data, error }) =>
      log.info(
        { film: data.path, ...(error !== undefined && { err: error }) },
        error ? 'not analyzed' : 'analyzed',
      ),
  );
  const sweep = () =>
    removeAbandoned(uploads, queue).catch((error) =>
      log.error({ err: error }, 'copies could not be removed'),
    );
  void sweep();
  const sweeping = setInterval(sweep, sweepInterval);
  return {
    url: `http://${names[isLoopback ? 1 : 0]}:${port}/${token === undefined ? '' : `?token=${encodeURIComponent(token)}`}`,
    port,
    ...(token !== undefined && { token }),
    async close() {
      clearInterval(sweeping);
      const closed = new Promise<void>((resolve) => void server.close(() => resolve()));
      const cut = setTimeout(() => server.closeAllConnections(), grace);
      server.closeIdleConnections();
      await worker.stop();
      await closed;
      clearTimeout(cut);
      await queue.close();
      await search.close();
    },
  };
}

/** `10.0.0.7:8420`, `[fe80::1]:8420`. */
function isAddress(host: string): boolean {
  const [, bracketed, plain] = /^(?:\[([^\]]+)\]|([^:]+))(?::\d+)?$/.exec(host) ?? [];
  return isIP(bracketed ?? plain ?? '') !== 0;
}
