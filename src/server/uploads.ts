import { randomUUID } from 'node:crypto';
import { createWriteStream } from 'node:fs';
import { readdir, rename, rm, stat } from 'node:fs/promises';
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

/** Films that are brought: kept in the folder of uploads, looked at, and put into the queue. */
export function uploadRoutes(app: OpenAPIHono, { queue, uploads, limits }: Context): void {
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
      const name = fileName(context.req.valid('query').name);
      const temporary = temporaryPath(join(uploads, name));
      const path = join(uploads, `${randomUUID()}-${name}`);
      try {
        await pipeline(
          Readable.fromWeb(body as never),
          counted(await room(uploads, limits), name),
          createWriteStream(temporary, { flags: 'wx' }),
        );
        await checkFilm(temporary, name);
        await rename(temporary, path);
      } catch (error) {
        await rm(temporary, { force: true });
        // what is still to come of it is not read, so nothing else can follow on this connection
        context.header('connection', 'close');
        throw error;
      }
      const id = await queue.add({ name: 'analyze' }, { path }, path);
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
    .replace(/[^\p{L}\p{N} ._()-]/gu, '_')
    .replace(/^\.+/, '_')
    .slice(0, 80);
  return `${stem || 'film'}${ending}`;
}

/** How many bytes may still come. */
async function room(folder: string, { film, all }: UploadLimits): Promise<number> {
  let used = 0;
  for (const name of await readdir(folder))
    used += (await stat(join(folder, name)).catch(() => ({ size: 0 }))).size;
  return Math.min(film, all - used);
}

function counted(most: number, name: string): Transform {
  let bytes = 0;
  return new Transform({
    transform(chunk: Uint8Array, _, done) {
      bytes += chunk.length;
      if (bytes > most)
        done(new InputError(`${name}: is larger than the ${most} bytes that there is room for`, 'no-space'));
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
