import { createWriteStream } from 'node:fs';
import { rm } from 'node:fs/promises';
import { basename, extname, join } from 'node:path';
import { Readable, Transform } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { createRoute, type OpenAPIHono, z } from '@hono/zod-openapi';
import { openMedia } from '../media/index.ts';
import { InputError } from '../support/errors.ts';
import { removeLeftovers, temporaryPath } from '../support/files.ts';
import { makeFolder } from '../support/folders.ts';
import type { Context, UploadLimits } from './context.ts';
import { cardOfJob } from './jobs.ts';
import { jobCard, json, problem, problems } from './schemas.ts';
import { bytesOf, keepCopy, removeAbandoned, removeCopy } from './upload-copies.ts';

/** Films that are brought: kept in the folder of uploads, looked at, and put into the queue. */
export function uploadRoutes(app: OpenAPIHono, { queue, uploads, limits }: Context): void {
  const room = new Room(uploads, limits);
  app.openapi(
    createRoute({
      method: 'post',
      path: '/api/films',
      request: {
        query: z.object({ name: z.string().min(1).max(200) }),
        body: { content: { 'application/octet-stream': { schema: z.any().openapi({ format: 'binary' }) } } },
      },
      responses: {
        202: json(z.object({ job: jobCard }), 'it will be analyzed'),
        507: json(problem, 'there is no room for it'),
        ...problems,
      },
    }),
    async (context) => {
      const { body } = context.req.raw;
      if (!body) throw new InputError('the body is empty; send the bytes of the film');
      makeFolder(uploads);
      await removeLeftovers(uploads);
      await removeAbandoned(uploads, queue);
      const name = fileName(context.req.valid('query').name);
      const temporary = temporaryPath(join(uploads, name));
      let path: string;
      try {
        const most = room.take(temporary, name, context.req.header('content-length'));
        await pipeline(
          Readable.fromWeb(body as never),
          counted(most, name),
          createWriteStream(temporary, { flags: 'wx' }),
        );
        await checkFilm(temporary, name);
        path = await keepCopy(uploads, temporary, name);
      } catch (error) {
        await rm(temporary, { force: true });
        // what is still to come of it is not read, so nothing else can follow on this connection
        context.header('connection', 'close');
        throw error;
      } finally {
        room.giveBack(temporary);
      }
      const id = await queue.add({ name: 'analyze' }, { path }, path).catch(async (error) => {
        await removeCopy(uploads, path);
        throw error;
      });
      const job = {
        id: id!,
        kind: 'analyze',
        data: { path },
        state: 'waiting' as const,
        attempts: 0,
        done: 0,
      };
      return context.json({ job: cardOfJob({ ...job, created: new Date() }) }, 202);
    },
  );
}

/** What a sender calls a film, as the name of a file that lies nowhere else. */
function fileName(given: string): string {
  const ending = extname(given)
    .replace(/[^.\w]/g, '')
    .slice(0, 10);
  const stem = basename(given.replaceAll('\\', '/'), extname(given))
    .replace(/[^\p{L}\p{M}\p{N} ._()[\]'’,;&+!#@=–-]/gu, '_')
    .replace(/^\.+/, '_')
    .slice(0, 80);
  return `${stem || 'film'}${ending}`;
}

/** Bytes that films may take; those that are coming have theirs from their first byte on, so that none takes another's. */
class Room {
  private readonly folder: string;
  private readonly limits: UploadLimits;
  /** Bytes of the films that are coming, by the path that each is written to. */
  private readonly coming = new Map<string, number>();

  constructor(folder: string, limits: UploadLimits) {
    this.folder = folder;
    this.limits = limits;
  }

  /**
   * @param length what the sender announces; all that there is room for where nothing is.
   * @returns how many bytes may come.
   * @throws InputError when there is no room for them.
   */
  take(path: string, name: string, length: string | undefined): number {
    const { film, all } = this.limits;
    const kept = bytesOf(this.folder, (file) => this.coming.has(file));
    const free = Math.min(
      film,
      all - kept - [...this.coming.values()].reduce((sum, bytes) => sum + bytes, 0),
    );
    const bytes = length === undefined ? Math.max(0, free) : Number(length);
    if (!(bytes <= free)) throw tooLarge(name, Math.max(0, free));
    this.coming.set(path, bytes);
    return bytes;
  }

  giveBack(path: string): void {
    this.coming.delete(path);
  }
}

function tooLarge(name: string, most: number): InputError {
  return new InputError(`${name}: is larger than the ${most} bytes that there is room for`, 'no-space');
}

function counted(most: number, name: string): Transform {
  let bytes = 0;
  return new Transform({
    transform(chunk: Uint8Array, _, done) {
      bytes += chunk.length;
      if (bytes > most) done(tooLarge(name, most));
      else done(null, chunk);
    },
  });
}

/** @throws InputError when it is no film that could be analyzed. */
async function checkFilm(path: string, name: string): Promise<void> {
  try {
    await (await openMedia(path)).close();
  } catch (error) {
    if (!(error instanceof InputError)) throw error;
    throw new InputError(error.message.replaceAll(path, name), error.code);
  }
}
